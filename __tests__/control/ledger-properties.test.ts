/**
 * Random histories over the ledger: at every moment what is free, what domains have taken and what was given to
 * virtual devices is together what there is, and a call that fails changes nothing.
 *
 * Most operations go to the ledger itself, the others through a device with tenants: 100 000 in all.
 */
import { randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import { openLedger, setMode } from '../../lib/control/ledger/models.js';
import type { Ledger } from '../../lib/control/ledger/models.js';
import { COUNTED, noCounts } from '../../lib/control/ledger/names.js';
import type { Claim, Demand, Owner } from '../../lib/control/ledger/owner.js';
import { QuotaOwner } from '../../lib/control/ledger/quota.js';
import type { Quota } from '../../lib/control/ledger/quota.js';
import { attachVirtualDevice, DlbError, openDevice } from '../../lib/index.js';
import type {
  Device,
  Domain,
  DomainSpec,
  PortSpec,
  QueueSpec,
  ResourceReport,
  TenantDevice,
  TenantDomain,
  VirtualDevice,
} from '../../lib/index.js';
import { upTo } from '../contracts/harness.js';
import { Random } from '../stress/random.js';

type Model = 'host' | 'dlb2.0' | 'dlb2.5';
const MODELS: readonly Model[] = ['host', 'dlb2.0', 'dlb2.5'];
const LEDGER_STEPS = 16_000;
const DEVICE_STEPS = 700;
const SHARES_MAX = 4;
/** Runs are looked at less often: they have to be sorted. */
const RUNS_EVERY = 8;
const SIZES = [64, 128, 256, 512, 1024];

/** Amounts by the names of a report. */
type Amounts = Record<string, number>;

function add(sum: Amounts, amounts: Amounts): void {
  for (const [name, amount] of Object.entries(amounts)) sum[name] = (sum[name] ?? 0) + amount;
}

/** What is free and what is known to be taken is all there is, for every name. */
function expectSum(report: ResourceReport, taken: readonly Amounts[], where: string): void {
  const sum: Amounts = {};
  for (const each of taken) add(sum, each);
  expectRest(report, sum, where);
}

function expectRest(report: ResourceReport, sum: Amounts, where: string): void {
  for (const [name, { total, available }] of Object.entries(report)) {
    const known = sum[name] ?? 0;
    if (available >= 0 && available + known === total) continue;
    throw new Error(`${where}: ${name}: ${available} free and ${known} taken of ${total}`);
  }
}

function subtract(sum: Amounts, amounts: Amounts): void {
  for (const [name, amount] of Object.entries(amounts)) sum[name]! -= amount;
}

function totals(report: ResourceReport): Amounts {
  return Object.fromEntries(Object.entries(report).map(([name, { total }]) => [name, total]));
}

// ── the ledger itself ─────────────────────────────────────────────────────────────────────────

interface Share {
  readonly owner: Owner;
  /** Null: the device. */
  readonly quota: QuotaOwner | null;
  readonly claims: Claim[];
  /** What the claims are together. */
  readonly taken: Amounts;
}

function amountsOf(claim: Claim): Amounts {
  const amounts: Amounts = { ...claim.counts, historyEntries: claim.history.length };
  amounts['ports'] = claim.classPorts.reduce((sum, count) => sum + count, 0);
  for (const [i, count] of claim.classPorts.entries()) amounts[`classPorts${i}`] = count;
  for (const [i, count] of claim.sequenceSlots.entries()) amounts[`sequenceSlots${i}`] = count;
  return amounts;
}

class LedgerHistory {
  readonly #random: Random;
  readonly #ledger: Ledger;
  readonly #shares: Share[];
  readonly #first: Amounts;
  refused = 0;
  done = 0;

  constructor(model: Model, random: Random) {
    this.#random = random;
    this.#ledger = openLedger(model);
    this.#shares = [{ owner: this.#ledger.device, quota: null, claims: [], taken: {} }];
    this.#first = totals(this.#ledger.device.report());
  }

  run(steps: number): void {
    let before = this.#reports();
    let quotas = this.#quotas();
    for (let step = 0; step < steps; step++) {
      const what = this.#random.pick(this.#operations);
      try {
        what();
        this.done++;
      } catch (error) {
        if (!(error instanceof DlbError)) throw error;
        this.refused++;
        const [was, is] = [
          [before, quotas],
          [this.#reports(), this.#quotas()],
        ];
        if (!isDeepStrictEqual(was, is)) {
          const books = `was\n${JSON.stringify(was)}\nis\n${JSON.stringify(is)}`;
          throw new Error(`step ${step}: ${books}`, { cause: error });
        }
      }
      before = this.#reports();
      quotas = this.#quotas();
      this.#check(before, step);
    }
  }

  /** Everything is given back, and all is as it was. */
  end(): void {
    for (const share of this.#shares.splice(1)) this.#die(share);
    const [device] = this.#shares;
    for (const claim of device!.claims.splice(0)) device!.owner.give(claim);
    const report = device!.owner.report();
    for (const { total, available } of Object.values(report)) expect(available).toBe(total);
    expect(report.historyEntries.longest).toBe(report.historyEntries.total);
  }

  readonly #operations = [
    (): void => this.#create(),
    (): void => this.#create(),
    (): void => this.#create(),
    (): void => this.#destroy(),
    (): void => this.#destroy(),
    (): void => this.#open(),
    (): void => this.#setQuota(),
    (): void => this.#setQuota(),
    (): void => this.#close(),
    (): void => this.#setMode(),
  ] as readonly (() => void)[];

  #create(): void {
    const { owner, claims, taken } = this.#random.pick(this.#shares);
    const claim = owner.take(this.#demand(owner));
    claims.push(claim);
    add(taken, amountsOf(claim));
  }

  #destroy(): void {
    const { owner, claims, taken } = this.#random.pick(this.#shares);
    if (claims.length === 0) return;
    const [claim] = claims.splice(this.#random.below(claims.length), 1);
    owner.give(claim!);
    subtract(taken, amountsOf(claim!));
  }

  #open(): void {
    if (this.#shares.length > SHARES_MAX) return;
    const { device, names } = this.#ledger;
    const quota = new QuotaOwner(device, names, this.#quota());
    this.#shares.push({ owner: quota.owner, quota, claims: [], taken: {} });
  }

  #setQuota(): void {
    this.#random.pick(this.#shares).quota?.set(this.#quota());
  }

  /** The tenant dies. */
  #close(): void {
    if (this.#shares.length === 1 || !this.#random.onceIn(3)) return;
    const [share] = this.#shares.splice(this.#random.within(1, this.#shares.length - 1), 1);
    this.#die(share!);
  }

  #die({ owner, quota, claims }: Share): void {
    for (const claim of claims.splice(0)) owner.give(claim);
    quota!.close();
  }

  #setMode(): void {
    if (this.#ledger.groups === null) return;
    setMode(this.#ledger, this.#random.below(2), this.#random.pick(SIZES));
  }

  /** Sometimes more than there is, of one thing or of several. */
  #amount(total: number): number {
    if (this.#random.onceIn(3)) return 0;
    if (this.#random.onceIn(40)) return total + 1;
    return this.#random.below(Math.max(2, Math.ceil(total / this.#random.pick([2, 8, 32]))));
  }

  #demand(owner: Owner): Demand {
    const counts = noCounts();
    const { all } = owner;
    for (const name of COUNTED) counts[name] = this.#amount(all.counts[name]);
    return {
      ...counts,
      domains: 1,
      ports: this.#amount(all.classPorts.length === 1 ? all.classPorts[0]! : 24),
      classPorts: all.classPorts.map((count) => (this.#random.onceIn(3) ? this.#amount(count) : 0)),
      isStrict: this.#random.onceIn(2),
      historyEntries: this.#amount(all.history.length),
      sequenceSlots: all.sequenceSlots.map((count) => this.#amount(count)),
    };
  }

  #quota(): Quota {
    const wanted: Record<string, number> = {};
    for (const [name, total] of Object.entries(this.#first)) {
      if (this.#random.onceIn(2)) wanted[name] = this.#amount(total);
    }
    return wanted;
  }

  /** All that can be seen, the device first. */
  #reports(): ResourceReport[] {
    return this.#shares.map(({ owner }) => owner.report());
  }

  #quotas(): unknown[] {
    return this.#shares.map(({ quota }) => quota?.quota);
  }

  #check(reports: readonly ResourceReport[], step: number): void {
    const [report, ...others] = reports;
    const sum = { ...this.#shares[0]!.taken };
    for (const each of others) add(sum, totals(each));
    expectRest(report!, sum, `step ${step}: device`);
    for (const [name, total] of Object.entries(this.#first)) {
      const now = name.startsWith('sequenceSlots')
        ? this.#ledger.groups!.slots(Number(name.at(-1)))
        : total;
      if (report![name]!.total !== now) throw new Error(`step ${step}: another total of ${name}`);
    }
    for (const [i, each] of others.entries()) {
      expectRest(each, this.#shares[i + 1]!.taken, `step ${step}: tenant ${i}`);
    }
    if (step % RUNS_EVERY === 0) this.#checkRuns(`step ${step}`);
  }

  /** Runs do not overlap, lie in what their owner has, and the longest gap is what is told. */
  #checkRuns(where: string): void {
    for (const { owner, claims, quota } of this.#shares) {
      const { at, length } = owner.all.history;
      const given = quota === null ? this.#shares.slice(1).map((each) => each.owner.all) : [];
      const runs = [...claims, ...given]
        .map(({ history }) => history)
        .filter((run) => run.length > 0)
        .toSorted((a, b) => a.at - b.at);
      let end = at;
      let longest = 0;
      for (const run of runs) {
        if (run.at < end) throw new Error(`${where}: runs overlap at ${run.at}`);
        longest = Math.max(longest, run.at - end);
        end = run.at + run.length;
      }
      if (end > at + length) throw new Error(`${where}: a run ends at ${end}`);
      longest = Math.max(longest, at + length - end);
      const told = owner.report().historyEntries.longest;
      if (told !== longest) throw new Error(`${where}: longest is ${longest}, told is ${told}`);
    }
  }
}

const seeds = [1, randomInt(2 ** 31)];
const LEDGER_CASES = MODELS.flatMap((model) => seeds.map((seed) => [model, seed] as const));

test.each(LEDGER_CASES)(
  'the ledger of a %s keeps its sums over random operations: seed %i',
  (model, seed) => {
    const history = new LedgerHistory(model, new Random(seed));
    history.run(LEDGER_STEPS / seeds.length);
    history.end();
    // Both happened often.
    expect(Math.min(history.done, history.refused)).toBeGreaterThan(LEDGER_STEPS / 20);
  },
);

// ── through a device, with tenants ────────────────────────────────────────────────────────────

interface Held {
  readonly domain: Domain | TenantDomain;
  readonly amounts: Amounts;
}

interface Tenant {
  readonly vdev: VirtualDevice;
  /** Null: nobody has attached. */
  device: TenantDevice | null;
  readonly held: Held[];
}

/** A specification, and what it takes of a device of the model. */
function randomSpec(random: Random, model: Model): { spec: DomainSpec; amounts: Amounts } {
  const isHost = model === 'host';
  const balanced = random.within(1, 4);
  const pairs = random.below(3);
  const types = upTo(random.within(1, 3)).map(() =>
    random.pick(['parallel', 'atomic', 'ordered'] as const),
  );
  const queues: QueueSpec[] = types.map((type) => ({ type, flows: 64 }));
  const historyDepth = random.within(1, random.pick([4, 40, 400]));
  const ports = upTo(balanced).map((id): PortSpec => {
    const port = { links: id === 0 ? [0] : [], historyDepth, dequeueDepth: 1 };
    return isHost ? port : { ...port, kind: 'loadBalanced' };
  });
  for (let i = 0; i < pairs; i++) {
    queues.push({ type: 'directed' });
    ports.push({ links: [types.length + i], historyDepth: 1, dequeueDepth: 1 });
  }
  const eventsLimit = random.within(1, random.pick([8, 8, 2000]));
  const directedCredits = isHost ? 0 : random.below(4);
  const spec = { eventsLimit, queues, ports, ...(isHost ? {} : { directedCredits }) };
  const amounts: Amounts = isHost
    ? {
        domains: 1,
        queues: queues.length,
        ports: ports.length,
        credits: eventsLimit,
        historyEntries: balanced * historyDepth + pairs,
      }
    : {
        domains: 1,
        queues: types.length,
        ports: balanced,
        directedPorts: pairs,
        credits: eventsLimit + (model === 'dlb2.5' ? directedCredits : 0),
        ...(model === 'dlb2.0' ? { directedCredits } : {}),
        atomicInflights: 64 * types.filter((type) => type === 'atomic').length,
        historyEntries: balanced * historyDepth,
      };
  return { spec, amounts };
}

class DeviceHistory {
  readonly #random: Random;
  readonly #model: Model;
  readonly #device: Device;
  readonly #held: Held[] = [];
  readonly #tenants: Tenant[] = [];
  readonly #first: Amounts;
  readonly counts: Record<string, number> = {};

  constructor(model: Model, device: Device, random: Random) {
    this.#random = random;
    this.#model = model;
    this.#device = device;
    this.#first = totals(device.resources());
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      const [name, work] = this.#random.pick(this.#operations);
      const before = this.#books();
      let outcome = name;
      try {
        await work();
      } catch (error) {
        if (!(error instanceof DlbError)) throw error;
        outcome = `${name} refused`;
        expect({ step, name, books: this.#books() }).toEqual({ step, name, books: before });
      }
      this.counts[outcome] = (this.counts[outcome] ?? 0) + 1;
      this.#check(`step ${step}, ${outcome}`);
    }
  }

  readonly #operations: readonly (readonly [name: string, work: () => Promise<void> | void])[] = [
    ['create', () => this.#create()],
    ['create', () => this.#create()],
    ['create', () => this.#create()],
    ['destroy', () => this.#destroy()],
    ['destroy', () => this.#destroy()],
    ['open', () => this.#open()],
    ['setQuota', () => this.#setQuota()],
    ['lock', () => this.#lock()],
    ['lock', () => this.#lock()],
    ['die', () => this.#die()],
    ['setMode', () => this.#setMode()],
  ];

  async #create(): Promise<void> {
    const tenant = this.#random.pick([null, ...this.#tenants]);
    const { spec, amounts } = randomSpec(this.#random, this.#model);
    if (tenant === null) {
      this.#held.push({ domain: await this.#device.createDomain(spec), amounts });
    } else if (tenant.device !== null) {
      tenant.held.push({ domain: await tenant.device.createDomain(spec), amounts });
    }
  }

  async #destroy(): Promise<void> {
    const held = this.#random.pick([this.#held, ...this.#tenants.map((tenant) => tenant.held)]);
    if (held.length === 0) return;
    const [one] = held.splice(this.#random.below(held.length), 1);
    if (this.#random.onceIn(2)) await one!.domain.start();
    await one!.domain.close();
  }

  async #open(): Promise<void> {
    if (this.#tenants.length >= SHARES_MAX) return;
    const vdev = await this.#device.createVirtualDevice({ quota: this.#quota() });
    this.#tenants.push({ vdev, device: null, held: [] });
  }

  #setQuota(): void {
    if (this.#tenants.length === 0) return;
    this.#random.pick(this.#tenants).vdev.setQuota(this.#quota());
  }

  async #lock(): Promise<void> {
    const free = this.#tenants.filter(({ device }) => device === null);
    if (free.length === 0) return;
    const tenant = this.#random.pick(free);
    tenant.device = await attachVirtualDevice(tenant.vdev.handle);
    expect(tenant.vdev.isLocked).toBe(true);
  }

  /** The tenant's end of the mailbox goes, as it does with the tenant's thread; or the controller ends it. */
  async #die(): Promise<void> {
    if (this.#tenants.length === 0) return;
    const [tenant] = this.#tenants.splice(this.#random.below(this.#tenants.length), 1);
    const { vdev } = tenant!;
    if (this.#random.onceIn(2)) return vdev.close();
    vdev.handle.mailbox.close();
    for (let turn = 0; vdev.state !== 'closed' || this.#device.virtualDevices().includes(vdev);) {
      expect(turn++).toBeLessThan(10_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #setMode(): void {
    if (this.#model === 'host') return;
    this.#device.setSequenceAllocation(this.#random.below(2), this.#random.pick(SIZES));
  }

  #quota(): Record<string, number> {
    const share = (total: number): number => {
      const most = Math.ceil(total / this.#random.pick([4, 8]));
      return this.#random.onceIn(30) ? total : this.#random.below(most + 1);
    };
    const isWanted = (name: string): boolean =>
      this.#random.onceIn(name.startsWith('classPorts') ? 8 : 1);
    return Object.fromEntries(
      Object.entries(this.#first)
        .filter(([name]) => isWanted(name))
        .map(([name, total]) => [name, share(total)]),
    );
  }

  #books(): unknown {
    const shares = this.#tenants.map(({ vdev }) => [vdev.resources(), vdev.quota, vdev.state]);
    const domains = this.#device.domains().map(({ id }) => id);
    return structuredClone([this.#device.resources(), shares, domains]);
  }

  /** Which class or group it was is the ledger's choice: of those only the sum is known here. */
  #check(where: string): void {
    const merged = (report: ResourceReport): ResourceReport => {
      const named = Object.entries(report).filter(([name]) => !/^(?:classP|sequenceS)/.test(name));
      return Object.fromEntries(named) as unknown as ResourceReport;
    };
    const taken = (held: readonly Held[]): Amounts[] => held.map(({ amounts }) => amounts);
    const given = this.#tenants.map(({ vdev }) => totals(vdev.resources()));
    const report = this.#device.resources();
    expectSum(merged(report), [...taken(this.#held), ...given], `${where}: device`);
    for (const { vdev, held } of this.#tenants) {
      expectSum(merged(vdev.resources()), taken(held), `${where}: ${vdev.name}`);
      expect([where, vdev.domains().length]).toEqual([where, held.length]);
    }
    for (const each of [report, ...this.#tenants.map(({ vdev }) => vdev.resources())]) {
      checkClasses(each, where);
    }
  }
}

/** Ports are the sum of their classes. */
function checkClasses(report: ResourceReport, where: string): void {
  const classes = Object.entries(report).filter(([name]) => name.startsWith('classPorts'));
  if (classes.length === 0) return;
  const [total, available] = classes.reduce(
    ([all, free], [, count]) => [all + count.total, free + count.available],
    [0, 0],
  );
  expect([where, { total, available }]).toEqual([where, report.ports]);
}

const DEVICE_CASES = MODELS.map((model, i) => [model, i === 0 ? 1 : seeds[1]!] as const);

test.each(DEVICE_CASES)(
  'a %s with tenants that come, go and die keeps its sums: seed %i',
  async (model, seed) => {
    const device = await openDevice({ scheduling: 'inline', model });
    const before = device.resources();
    const history = new DeviceHistory(model, device, new Random(seed));
    await history.run(DEVICE_STEPS);
    for (const name of ['create', 'destroy', 'open', 'lock', 'die', 'setQuota refused']) {
      expect([name, history.counts[name]]).toEqual([name, expect.any(Number)]);
    }
    await device.close();
    const after = Object.values(device.resources());
    expect(after.every(({ total, available }) => total === available)).toBe(true);
    expect(device.resources().historyEntries).toEqual(before.historyEntries);
  },
);
