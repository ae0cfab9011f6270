/* What the three parts of the program share: the workload, its check, a device's shape. */
#ifndef SOFTDLB_PEER_H
#define SOFTDLB_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_eventdev.h>

#define BURST 32
#define FLOWS 1024
#define CONSUMERS_MAX 4
#define PRODUCER_PORT 0
/* What event_sw can hold at once, and the most that one of its consumer queues can. */
#define EVENTS_LIMIT 4096
#define DEQUEUE_DEPTH 128
#define ORDER_SEQUENCES 1024
/* A run that takes longer is given up. */
#define RUN_MAX_NS (UINT64_C(20) * NS_PER_S)
#define SETTLE_ROUNDS 64

struct shape {
	uint8_t dev_id;
	uint8_t sched_type;
	uint8_t consumers;
	bool has_service;
	uint32_t service_id;
};

/* The number last seen of a flow, on a cache line of its own: consumers write them by turns. */
struct flow_mark {
	int64_t last;
} __rte_cache_aligned;

/* What one consumer saw of a run. */
struct tally {
	uint64_t received;
	uint64_t sum;
	uint64_t misplaced;
} __rte_cache_aligned;

struct outcome {
	uint64_t events;
	uint64_t ns;
	uint64_t received;
	uint64_t sum;
	uint64_t misplaced;
};

extern struct flow_mark flow_marks[FLOWS];

/* workload.c */
uint64_t now_ns(void);
void reset_flows(void);
void write_events(struct rte_event *burst, uint64_t first, unsigned int count, uint8_t sched_type);
void take_events(struct tally *tally, const struct rte_event *burst, unsigned int count);
void add_tally(struct outcome *outcome, const struct tally *tally);
void print_outcome(const struct outcome *outcome, bool keeps_order);
void print_problem(const char *what);

/* device.c */
const struct shape *open_shape(const char *driver, uint8_t sched_type, uint8_t consumers);
int run_scheduler_once(const struct shape *shape);
/* Every port's implicit release of what it dequeued last, and the scheduler's part in it. */
void settle(const struct shape *shape);
void close_all(void);

/* inline.c, lcores.c, wall.c: each prints one line of JSON. */
void run_inline(const struct shape *shape, unsigned int per_pass, uint64_t events);
void run_lcores(const struct shape *shape, uint64_t events);
void run_wall(const struct shape *shape);

#endif
