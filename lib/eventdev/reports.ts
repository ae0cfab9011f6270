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

export interface Alert {
  readonly kind: AlertKind;
  /** The port it is about; undefined for those that are about the domain. */
  readonly port: number | undefined;
  /** See the kind. A signed 32-bit number. */
  readonly aux: number;
  /** Counts the alerts of the domain from 1, lost ones included; wraps at 2^32. */
  readonly number: number;
}
