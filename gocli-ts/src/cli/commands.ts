import type { Command } from './command.ts';
import { addonCommand } from './commands/addon.ts';
import { completionCommand } from './commands/completion.ts';
import { consoleCommand } from './commands/console.ts';
import { doctorCommand } from './commands/doctor.ts';
import { gcCommand } from './commands/gc.ts';
import { pauseCommand, resumeCommand, startCommand, stopCommand } from './commands/stop-start.ts';
import { imagesCommand } from './commands/images.ts';
import { inventoryCommand } from './commands/inventory.ts';
import { kubeconfigCommand } from './commands/kubeconfig.ts';
import { kubectlCommand } from './commands/kubectl.ts';
import { loadCommand } from './commands/load.ts';
import { logsCommand } from './commands/logs.ts';
import { lsCommand } from './commands/ls.ts';
import { poolCommand } from './commands/pool.ts';
import { portsCommand } from './commands/ports.ts';
import { providerCommand } from './commands/provider.ts';
import { provisionManagerCommand } from './commands/provision-manager.ts';
import { provisionCommand } from './commands/provision.ts';
import { publishCommand } from './commands/publish.ts';
import { renameCommand } from './commands/rename.ts';
import { rmCommand } from './commands/rm.ts';
import { runCommand } from './commands/run.ts';
import { scpCommand } from './commands/scp.ts';
import { snapshotCommand } from './commands/snapshot.ts';
import { sshConfigCommand } from './commands/ssh-config.ts';
import { sshCommand } from './commands/ssh.ts';
import { statusCommand } from './commands/status.ts';
import { templateCommand } from './commands/template.ts';
import { vendorCommand } from './commands/vendor.ts';
import { versionCommand } from './commands/version.ts';

/** Every verb, in the order of the help text. */
export const COMMANDS: readonly Command[] = [
  runCommand,
  rmCommand,
  stopCommand,
  startCommand,
  pauseCommand,
  resumeCommand,
  renameCommand,
  snapshotCommand,
  lsCommand,
  statusCommand,
  sshCommand,
  scpCommand,
  sshConfigCommand,
  inventoryCommand,
  loadCommand,
  imagesCommand,
  addonCommand,
  kubectlCommand,
  kubeconfigCommand,
  portsCommand,
  consoleCommand,
  logsCommand,
  provisionCommand,
  provisionManagerCommand,
  providerCommand,
  publishCommand,
  templateCommand,
  poolCommand,
  gcCommand,
  vendorCommand,
  doctorCommand,
  versionCommand,
  completionCommand,
];
