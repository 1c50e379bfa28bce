/** What the engine tells while it works. Renderers subscribe; the engine itself never prints. */
export type GocliEvent =
  | {
      readonly type: 'step-start';
      readonly id: string;
      readonly title: string;
      readonly estimateSeconds?: number;
    }
  | {
      readonly type: 'step-progress';
      readonly id: string;
      readonly message?: string;
      readonly bytes?: number;
      readonly totalBytes?: number;
    }
  | {
      readonly type: 'step-end';
      readonly id: string;
      readonly title: string;
      readonly outcome: 'done' | 'cached' | 'failed';
      readonly seconds: number;
      readonly note?: string;
    }
  | { readonly type: 'notice'; readonly level: 'info' | 'warning'; readonly text: string }
  | { readonly type: 'log'; readonly source: string; readonly line: string };

/** May say which rig an event is of; else it is that of the work. */
export type EventSink = (event: GocliEvent & { readonly rig?: string }) => void;

/** Which operation an event is of. */
export interface EventOrigin {
  /** As it is called on the command line: `run`, `snapshot create`. */
  readonly operation: string;
  /** Id of this one execution of it, which is also in the labels of what it makes. */
  readonly run: string;
  /** Name of the rig that the work is on; absent until it is chosen, and for work on none. */
  readonly rig?: string;
}

/** What everybody outside of the engine gets: an event, and where it comes from. */
export type OperationEvent = GocliEvent & EventOrigin;

export type OperationSink = (event: OperationEvent) => void;

/** How long one step took. */
export interface StepTiming {
  readonly id: string;
  readonly title: string;
  readonly startSeconds: number;
  readonly seconds: number;
  readonly outcome: 'done' | 'cached' | 'failed';
  /** A part of a step, which is shown only to those who want to know where time goes. */
  readonly detail?: true;
}
