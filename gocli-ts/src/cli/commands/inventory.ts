import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';
import { writeResult } from '../render/output.ts';

export const inventoryCommand = defineCommand({
  usage: 'inventory',
  summary: 'Print all machines, or those of one cluster, as an inventory of Ansible',
  options: {
    ...nameOption,
    list: { type: 'boolean', describe: 'As JSON, like an inventory script of Ansible' },
  },
  examples: [['gocli inventory >hosts.yaml; ansible -i hosts.yaml all -m ping', 'ask all machines']],
  run: async ({ name, list }, session) => {
    const { hosts: hostsOf } = await import('../../api/hosts.ts');
    const { ansibleInventory, ansibleList } = await import('../render/hosts.ts');
    const { renderYaml } = await import('../../shared/yaml.ts');
    const { hosts } = await hostsOf({ name }, session);
    writeResult(session, {
      data: { hosts },
      names: hosts.map((one) => one.name),
      text:
        list === true
          ? `${JSON.stringify(ansibleList(hosts), undefined, 2)}\n`
          : renderYaml(ansibleInventory(hosts)),
    });
    return 0;
  },
});
