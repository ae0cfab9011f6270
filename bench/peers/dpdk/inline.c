/* One thread in every role: enqueue bursts, one call of the scheduler, dequeue from every port. */
#include "peer.h"

static uint64_t send_some(const struct shape *shape, uint64_t sent, unsigned int count)
{
	struct rte_event burst[BURST];
	uint64_t accepted = 0;

	while (accepted < count) {
		const unsigned int some = RTE_MIN((unsigned int)BURST, count - (unsigned int)accepted);
		unsigned int taken;

		write_events(burst, sent + accepted, some, shape->sched_type);
		taken = rte_event_enqueue_new_burst(shape->dev_id, PRODUCER_PORT, burst, some);
		accepted += taken;
		if (taken < some)
			break;
	}
	return accepted;
}

static void take_all(const struct shape *shape, struct tally *tally)
{
	struct rte_event burst[BURST];

	for (uint8_t port = 1; port <= shape->consumers; port++) {
		unsigned int count;

		do {
			count = rte_event_dequeue_burst(shape->dev_id, port, burst, BURST, 0);
			take_events(tally, burst, count);
		} while (count == BURST);
	}
}

void run_inline(const struct shape *shape, unsigned int per_pass, uint64_t events)
{
	struct tally tally = { 0 };
	struct outcome outcome = { .events = events };
	const uint64_t limit = now_ns() + RUN_MAX_NS;
	uint64_t sent = 0;

	reset_flows();
	const uint64_t started = now_ns();
	for (uint32_t turn = 0; tally.received < events; turn++) {
		const uint64_t left = events - sent;

		sent += send_some(shape, sent, left < per_pass ? (unsigned int)left : per_pass);
		run_scheduler_once(shape);
		take_all(shape, &tally);
		if (turn % 65536 == 0 && now_ns() > limit)
			break;
	}
	outcome.ns = now_ns() - started;
	settle(shape);
	add_tally(&outcome, &tally);
	print_outcome(&outcome, shape->sched_type == RTE_SCHED_TYPE_ATOMIC);
}
