/* The same events as bench/workload.ts, and the same proof that they arrived. */
#include <time.h>

#include "peer.h"

struct flow_mark flow_marks[FLOWS];

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void reset_flows(void)
{
	for (int64_t flow = 0; flow < FLOWS; flow++)
		flow_marks[flow].last = flow - FLOWS;
}

void write_events(struct rte_event *burst, uint64_t first, unsigned int count, uint8_t sched_type)
{
	for (unsigned int i = 0; i < count; i++) {
		const uint64_t number = first + i;

		burst[i].event = 0;
		burst[i].flow_id = number % FLOWS;
		burst[i].op = RTE_EVENT_OP_NEW;
		burst[i].sched_type = sched_type;
		burst[i].u64 = number;
	}
}

void take_events(struct tally *tally, const struct rte_event *burst, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct flow_mark *mark = &flow_marks[burst[i].flow_id % FLOWS];
		const int64_t number = (int64_t)burst[i].u64;

		tally->misplaced += mark->last != number - FLOWS;
		mark->last = number;
		tally->sum += burst[i].u64;
	}
	tally->received += count;
}

void add_tally(struct outcome *outcome, const struct tally *tally)
{
	outcome->received += tally->received;
	outcome->sum += tally->sum;
	outcome->misplaced += tally->misplaced;
}

void print_problem(const char *what)
{
	printf("{\"problem\":\"%s\"}\n", what);
	fflush(stdout);
}

void print_outcome(const struct outcome *outcome, bool keeps_order)
{
	const uint64_t events = outcome->events;
	const uint64_t sum = events * (events - 1) / 2;

	if (outcome->received != events)
		print_problem("not all events arrived");
	else if (outcome->sum != sum)
		print_problem("the payloads are not those that were sent");
	else if (keeps_order && outcome->misplaced > 0)
		print_problem("a flow came out of order");
	else {
		printf("{\"events\":%" PRIu64 ",\"ns\":%" PRIu64 "}\n", events, outcome->ns);
		fflush(stdout);
	}
}
