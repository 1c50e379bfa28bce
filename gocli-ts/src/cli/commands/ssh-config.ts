import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';
import { writeResult } from '../render/output.ts';

export const sshConfigCommand = defineCommand({
  usage: 'ssh-config',
  summary: 'Print what ssh, scp and rsync need to reach all machines, or those of one cluster',
  options: nameOption,
  examples: [['gocli ssh-config >gocli.ssh; ssh -F gocli.ssh a', 'plain ssh to the machine of rig a']],
  run: async ({ name }, session) => {
    const { hosts: hostsOf } = await import('../../api/hosts.ts');
    const { renderSshConfig } = await import('../render/hosts.ts');
    const { hosts } = await hostsOf({ name }, session);
    writeResult(session, {
      data: { hosts },
      names: hosts.map((one) => one.name),
      text: renderSshConfig(hosts),
    });
    return 0;
  },
});
