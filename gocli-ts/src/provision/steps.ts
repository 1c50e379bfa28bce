import type { ProvisionStep } from './step.ts';
import { checkStep } from './steps/check.ts';
import { commitStep } from './steps/commit.ts';
import { componentsStep } from './steps/components.ts';
import { diskStep } from './steps/disk.ts';
import { imagesStep } from './steps/images.ts';
import { resolveStep } from './steps/resolve.ts';
import { rootfsStep } from './steps/rootfs.ts';
import { runnerStep } from './steps/runner.ts';
import { sealStep } from './steps/seal.ts';
import { tinyStep } from './steps/tiny.ts';
import { vmStep } from './steps/vm.ts';

/**
 * Every step of the graph.
 * @param locked whether a locked package that is gone is an error, instead of a reason to renew the lock
 * @param templateBudget bytes that all templates may have together, that of the check among them
 */
export function provisionSteps(locked: boolean, templateBudget?: number): ProvisionStep[] {
  return [
    resolveStep(locked),
    runnerStep,
    componentsStep(),
    rootfsStep,
    tinyStep,
    imagesStep(),
    diskStep,
    vmStep,
    sealStep,
    commitStep,
    checkStep(templateBudget),
  ];
}
