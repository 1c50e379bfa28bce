import { GocliError } from '../../errors/error.ts';
import { defineOption } from '../../rig/options/option.ts';

/** A file for cloud-init. What is in it is read by whoever starts the rig. */
export interface UserData {
  readonly path: string;
  readonly text?: string;
  /** SHA-256 of the text. */
  readonly digest?: string;
}

/** It changes no guest plan: machines are thawed from the template of all, and what they become by it is told apart by its digest. */
export const userData = defineOption({
  describe: 'File that cloud-init runs in each machine, once and before it is Ready; plain machines only',
  type: 'string',
  read: (input: string, at): UserData => {
    if (input !== '') return { path: input };
    throw new GocliError('BAD_VALUE', `${at}: a file is missing`);
  },
  host: ({ digest }: UserData) => (digest === undefined ? {} : { userData: digest }),
  differs: { what: 'user-data (SHA-256)', of: ({ host }) => host.userData, onlyAsked: true },
});
