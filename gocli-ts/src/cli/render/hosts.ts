import type { Host } from '../../api/hosts.ts';

/** Options of ssh_config(5) by which a machine is known, and no other is taken for it. */
function optionsOf({ name, hostKey }: Host): [string, string][] {
  const [type = '', key = ''] = hostKey.split(' ');
  return [
    ['HostKeyAlias', name],
    // The keys of this host are no file of the user's, and those of a rig of the same name are others tomorrow.
    ['KnownHostsCommand', `/bin/echo ${name} ${type} ${key}`],
    ['UserKnownHostsFile', 'none'],
    ['GlobalKnownHostsFile', 'none'],
    ['StrictHostKeyChecking', 'yes'],
    ['IdentitiesOnly', 'yes'],
  ];
}

/** A path as one word of ssh_config(5), where `%` begins a token: paths of CI systems have `%2F` in them. */
function quoted(path: string): string {
  return `"${path.replaceAll(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`;
}

/** A file for `ssh -F`, or to be included by ~/.ssh/config. */
export function renderSshConfig(hosts: readonly Host[]): string {
  return hosts
    .map((one) => {
      const options = [
        ['HostName', one.host],
        ['Port', one.port.toFixed(0)],
        ['User', one.user],
        ['IdentityFile', quoted(one.identityFile)],
        ...optionsOf(one),
      ];
      return `Host ${one.name}\n${options.map((pair) => `  ${pair.join(' ')}\n`).join('')}`;
    })
    .join('\n');
}

type Variables = Readonly<Record<string, string | number>>;

function variablesOf(one: Host): Variables {
  return {
    ansible_host: one.host,
    ansible_port: one.port,
    ansible_user: one.user,
    ansible_ssh_private_key_file: one.identityFile,
    ansible_ssh_common_args: optionsOf(one)
      .map(([option, value]) => `-o '${option}=${value}'`)
      .join(' '),
  };
}

/** Hosts of each group: a rig's and a provider's, by names as Ansible wants them. */
function groupsOf(hosts: readonly Host[]): Map<string, Host[]> {
  const groups = new Map<string, Host[]>();
  for (const one of hosts) {
    for (const of of new Set([one.rig, one.provider])) {
      const group = of.replaceAll(/[^a-z0-9]/g, '_').replace(/^(?=\d)/, '_');
      groups.set(group, [...(groups.get(group) ?? []), one]);
    }
  }
  return groups;
}

/** Content of an inventory file of Ansible, which is YAML or JSON. */
export function ansibleInventory(hosts: readonly Host[]): Readonly<Record<string, unknown>> {
  const children = [...groupsOf(hosts)].map(([group, members]) => [
    group,
    { hosts: Object.fromEntries(members.map((one) => [one.name, {}])) },
  ]);
  return {
    all: {
      hosts: Object.fromEntries(hosts.map((one) => [one.name, variablesOf(one)])),
      children: Object.fromEntries(children) as unknown,
    },
  };
}

/** What Ansible expects of an inventory script that it calls with `--list`. */
export function ansibleList(hosts: readonly Host[]): Readonly<Record<string, unknown>> {
  const groups = [...groupsOf(hosts)].map(([group, members]) => [
    group,
    { hosts: members.map(({ name }) => name) },
  ]);
  return {
    _meta: { hostvars: Object.fromEntries(hosts.map((one) => [one.name, variablesOf(one)])) },
    ...(Object.fromEntries(groups) as Record<string, unknown>),
  };
}
