/*
 * The wall: one flow's port is stuck, and 48 of its events are at the front of the queue. Events of
 * all other flows are offered behind them; how many of them come out is printed.
 */
#include "peer.h"

#define STUCK_FLOW 1
#define PASSES 100000
#define MIXED 4096

static unsigned int offer(const struct shape *shape, uint32_t flow)
{
	struct rte_event event = { .event = 0 };

	event.flow_id = flow;
	event.op = RTE_EVENT_OP_NEW;
	event.sched_type = RTE_SCHED_TYPE_ATOMIC;
	return rte_event_enqueue_new_burst(shape->dev_id, PRODUCER_PORT, &event, 1);
}

/* Takes what port 2 and, unless the stuck flow is there, port 1 have; counts the other flows. */
static uint64_t take_others(const struct shape *shape, uint8_t stuck_port)
{
	struct rte_event burst[BURST];
	uint64_t others = 0;

	for (uint8_t port = 1; port <= 2; port++) {
		if (port == stuck_port)
			continue;
		const unsigned int count = rte_event_dequeue_burst(shape->dev_id, port, burst, BURST, 0);

		for (unsigned int i = 0; i < count; i++)
			others += burst[i].flow_id != STUCK_FLOW;
	}
	return others;
}

/* The port that was given the flow's first event, which it never completes. */
static uint8_t stick(const struct shape *shape)
{
	struct rte_event event;

	offer(shape, STUCK_FLOW);
	run_scheduler_once(shape);
	run_scheduler_once(shape);
	for (uint8_t port = 1; port <= 2; port++)
		if (rte_event_dequeue_burst(shape->dev_id, port, &event, 1, 0) == 1)
			return port;
	return 0;
}

/* Leaves the device as stuck as it is: the last command of a process. */
void run_wall(const struct shape *shape)
{
	uint64_t offered = 0;
	uint64_t waiting = 0;
	uint64_t others = 0;
	uint64_t others_late = 0;

	const uint8_t stuck_port = stick(shape);

	/* Three of the stuck flow, one of another. */
	for (uint32_t n = 0; n < MIXED; n++) {
		const bool is_other = n % 4 == 3;
		const unsigned int taken = offer(shape, is_other ? 2 + n % 512 : STUCK_FLOW);

		if (is_other)
			offered += taken;
		else
			waiting += taken;
		if (n % BURST == BURST - 1) {
			run_scheduler_once(shape);
			others += take_others(shape, stuck_port);
		}
	}
	for (uint32_t n = 0; n < PASSES; n++) {
		run_scheduler_once(shape);
		others_late += take_others(shape, stuck_port);
	}
	printf("{\"stuckPort\":%u,\"waiting\":%" PRIu64 ",\"offered\":%" PRIu64
	       ",\"others\":%" PRIu64 ",\"othersLate\":%" PRIu64 "}\n",
	       stuck_port, waiting, offered, others, others_late);
	fflush(stdout);
}
