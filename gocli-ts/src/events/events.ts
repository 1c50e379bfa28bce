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

export type EventSink = (event: GocliEvent) => void;

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
