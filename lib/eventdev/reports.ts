/**
 * What a domain tells about itself when asked why: alerts, the reason why a flow stands still, the
 * steps of a reset, the slots of a port. Plain data.
 */

/** Kinds of alert, in the order of their codes. */
export const ALERT_KINDS = [
  /** An event for a queue that does not exist; aux: the queue id. It was dropped. */
  'unknown-queue',
  /** No schedule type, a credit that was not granted, or a piece too many; aux: the queue id, or how
   *  many were counted instead of sent. It was dropped. */
  'illegal-enqueue',
  /** A FORWARD that completes nothing which its port holds; aux: how many. They were dropped. */
  'excess-completion',
  /** A RELEASE for more than its port holds; aux: how many more. It was cut to what is held. */
  'excess-release',
  /** The port was taken out of service; aux: 0 if its indices were impossible (`reclaim` lets it back
   *  in), else the `faultLimit` that it exceeded (`enablePort` does). */
  'cut-off',
  /** Nobody has taken from the CQ for `watchdogMs`; aux: the events in it. Again when it was
   *  serviced in between. */
  'watchdog',
  /** The device is being closed or reset. */
  'device-reset',
  /** The domain is being closed. */
  'domain-reset',
  /** From `raiseAlert`; aux is the caller's. */
  'user',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** The steps of a reset, in their order. */
export type ResetStepName =
  /** NEW is refused, unspent credits are taken back: `ports`, `credits`. */
  | 'close-gate'
  /** Threads that wait on a port are woken, and wait for nothing any more: `sleeping`. */
  | 'disarm-wakes'
  /** Rings are fenced, and nothing is completed by its port any more: `entries` were found before the
   *  fence, and taken in. */
  | 'end-completions'
  /** What ports hold, in CQs and hands, is taken from them: `ports` that held some, `events`. */
  | 'drain-ports'
  /** Pending unlinks are finished, then pending links: `unlinks`, `links`. */
  | 'finish-links'
  /** What waits on queues that have a port, then on those that have none, then on directed ones:
   *  `queues`, `events`. */
  | 'drain-linked-queues'
  | 'drain-unlinked-queues'
  | 'drain-directed-queues'
  /** Ports end; only when the domain closes: `ports`, `attached`. */
  | 'detach-ports'
  /** Every counter has to be zero: `nonZero` ones. */
  | 'verify'
  /** Resources go back to their owner; only when the domain closes, and the reset has not failed:
   *  `domains`, `queues`, `ports`, `credits`. */
  | 'return-resources';

export interface ResetStep {
  readonly step: ResetStepName;
  /** What the step found or did, by name. */
  readonly counts: Readonly<Record<string, number>>;
}

/** A slot of a port of a DLB model. */
export interface LinkSlot {
  readonly state:
    | 'unmapped'
    | 'mapped'
    | 'map-in-progress'
    | 'unmap-in-progress'
    | 'unmap-in-progress-pending-map';
  /** Undefined if unmapped. */
  readonly queue: number | undefined;
  /** The queue that waits for the slot. */
  readonly pending: number | undefined;
}

export interface Alert {
  readonly kind: AlertKind;
  /** The port it is about; undefined for those that are about the domain. */
  readonly port: number | undefined;
  /** See the kind. A signed 32-bit number. */
  readonly aux: number;
  /** Counts the alerts of the domain from 1, lost ones included; wraps at 2^32. */
  readonly number: number;
}
