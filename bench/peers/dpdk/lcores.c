/*
 * Two or more lcores.
 *
 *   central (event_sw)   lcore A: producer and all consumers by turns; lcore B: the scheduler alone
 *                        with four lcores: producer, scheduler and two consumers on one each
 *   distributed (dsw)    lcore A: producer and consumer 1; lcore B: consumer 2
 */
#include <stdatomic.h>

#include <rte_lcore.h>
#include <rte_launch.h>

#include "peer.h"

/* What one lcore does in each of its turns. */
struct role {
	const struct shape *shape;
	uint64_t events;
	bool produces;
	bool schedules;
	uint8_t first_port;
	uint8_t last_port;
	struct tally tally;
};

static atomic_uint_fast64_t received_by_all;
static atomic_bool given_up;

static uint64_t produce(const struct role *role, uint64_t sent)
{
	struct rte_event burst[BURST];
	const uint64_t left = role->events - sent;
	const unsigned int count = left < BURST ? (unsigned int)left : BURST;

	if (count == 0) {
		rte_event_maintain(role->shape->dev_id, PRODUCER_PORT, RTE_EVENT_DEV_MAINT_OP_FLUSH);
		return 0;
	}
	write_events(burst, sent, count, role->shape->sched_type);
	return rte_event_enqueue_new_burst(role->shape->dev_id, PRODUCER_PORT, burst, count);
}

static void consume(struct role *role)
{
	struct rte_event burst[BURST];

	for (unsigned int port = role->first_port; port <= role->last_port; port++) {
		const unsigned int count = rte_event_dequeue_burst(
			role->shape->dev_id, (uint8_t)port, burst, BURST, 0);

		if (count == 0) {
			rte_event_maintain(role->shape->dev_id, (uint8_t)port, 0);
			continue;
		}
		take_events(&role->tally, burst, count);
		atomic_fetch_add_explicit(&received_by_all, count, memory_order_relaxed);
	}
}

static bool everything_arrived(const struct role *role)
{
	return atomic_load_explicit(&received_by_all, memory_order_relaxed) >= role->events ||
	       atomic_load_explicit(&given_up, memory_order_relaxed);
}

static int play(void *argument)
{
	struct role *role = argument;
	const uint64_t limit = now_ns() + RUN_MAX_NS;
	uint64_t sent = 0;

	for (uint32_t turn = 1; !everything_arrived(role); turn++) {
		if (role->schedules)
			run_scheduler_once(role->shape);
		if (role->produces)
			sent += produce(role, sent);
		if (role->first_port > 0)
			consume(role);
		if (turn % 65536 == 0 && now_ns() > limit)
			atomic_store(&given_up, true);
	}
	return 0;
}

/* Fills in who does what; returns the number of lcores needed. */
static unsigned int cast(struct role *roles, const struct shape *shape)
{
	const bool has_four = rte_lcore_count() >= 4;

	if (!shape->has_service) {
		roles[0].produces = true;
		roles[0].first_port = roles[0].last_port = 1;
		roles[1].first_port = 2;
		roles[1].last_port = shape->consumers;
		return 2;
	}
	roles[0].produces = true;
	roles[1].schedules = true;
	if (!has_four) {
		roles[0].first_port = 1;
		roles[0].last_port = shape->consumers;
		return 2;
	}
	roles[2].first_port = roles[2].last_port = 1;
	roles[3].first_port = 2;
	roles[3].last_port = shape->consumers;
	return 4;
}

void run_lcores(const struct shape *shape, uint64_t events)
{
	struct role roles[4] = { 0 };
	struct outcome outcome = { .events = events };
	const unsigned int count = cast(roles, shape);
	unsigned int next = 0;
	unsigned int lcore;

	for (unsigned int i = 0; i < count; i++) {
		roles[i].shape = shape;
		roles[i].events = events;
	}
	reset_flows();
	atomic_store(&received_by_all, 0);
	atomic_store(&given_up, false);
	const uint64_t started = now_ns();
	RTE_LCORE_FOREACH_WORKER(lcore)
		if (++next < count)
			rte_eal_remote_launch(play, &roles[next], lcore);
	play(&roles[0]);
	rte_eal_mp_wait_lcore();
	outcome.ns = now_ns() - started;
	settle(shape);
	for (unsigned int i = 0; i < count; i++)
		add_tally(&outcome, &roles[i].tally);
	print_outcome(&outcome, true);
}
