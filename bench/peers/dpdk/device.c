/*
 * Devices of one queue, a producer port and consumer ports. Each shape gets a device of its own when
 * it is first asked for and keeps it, as the rigs of softdlb do: event_sw remembers events across a
 * stop, and event_dsw cannot be configured twice.
 */
#include <rte_dev.h>
#include <rte_service.h>
#include <rte_service_component.h>

#include "peer.h"

#define DEVICES_MAX 16

static struct shape shapes[DEVICES_MAX];
static unsigned int shape_count;

static int open_queue(const struct shape *shape)
{
	struct rte_event_queue_conf conf;

	if (rte_event_queue_default_conf_get(shape->dev_id, 0, &conf) != 0)
		return -1;
	conf.schedule_type = shape->sched_type;
	/* The default of one would leave an ordered queue no room at all. */
	conf.nb_atomic_order_sequences = ORDER_SEQUENCES;
	return rte_event_queue_setup(shape->dev_id, 0, &conf);
}

static int open_ports(const struct shape *shape, const struct rte_event_dev_info *info)
{
	const uint8_t queue = 0;

	for (uint8_t port = 0; port <= shape->consumers; port++) {
		struct rte_event_port_conf conf;

		if (rte_event_port_default_conf_get(shape->dev_id, port, &conf) != 0)
			return -1;
		conf.new_event_threshold = RTE_MIN(EVENTS_LIMIT, info->max_num_events);
		conf.dequeue_depth = RTE_MIN(DEQUEUE_DEPTH, info->max_event_port_dequeue_depth);
		if (rte_event_port_setup(shape->dev_id, port, &conf) != 0)
			return -1;
		if (port != PRODUCER_PORT &&
		    rte_event_port_link(shape->dev_id, port, &queue, NULL, 1) != 1)
			return -1;
	}
	return 0;
}

/* event_sw schedules when its service runs; whoever runs it promises to be the only one. */
static int find_service(struct shape *shape)
{
	uint32_t id;

	shape->has_service = rte_event_dev_service_id_get(shape->dev_id, &id) == 0;
	if (!shape->has_service)
		return 0;
	shape->service_id = id;
	rte_service_set_runstate_mapped_check(id, 0);
	if (rte_service_component_runstate_set(id, 1) != 0)
		return -1;
	return rte_service_runstate_set(id, 1);
}

static int set_up(struct shape *shape)
{
	struct rte_event_dev_info info;

	if (rte_event_dev_info_get(shape->dev_id, &info) != 0)
		return -1;

	struct rte_event_dev_config config = {
		.nb_event_queues = 1,
		.nb_event_ports = shape->consumers + 1,
		.nb_events_limit = RTE_MIN(EVENTS_LIMIT, info.max_num_events),
		.nb_event_queue_flows = info.max_event_queue_flows,
		.nb_event_port_dequeue_depth = info.max_event_port_dequeue_depth,
		.nb_event_port_enqueue_depth = info.max_event_port_enqueue_depth,
	};
	if (rte_event_dev_configure(shape->dev_id, &config) != 0)
		return -1;
	if (open_queue(shape) != 0 || open_ports(shape, &info) != 0)
		return -1;
	if (find_service(shape) != 0)
		return -1;
	return rte_event_dev_start(shape->dev_id);
}

const struct shape *open_shape(const char *driver, uint8_t sched_type, uint8_t consumers)
{
	char name[32];
	struct shape *shape = shapes;

	for (; shape < shapes + shape_count; shape++)
		if (shape->sched_type == sched_type && shape->consumers == consumers)
			return shape;
	if (shape_count == DEVICES_MAX)
		return NULL;
	snprintf(name, sizeof(name), "%s%u", driver, shape_count);
	if (rte_eal_hotplug_add("vdev", name, "") != 0)
		return NULL;

	const int dev_id = rte_event_dev_get_dev_id(name);

	*shape = (struct shape){
		.dev_id = (uint8_t)dev_id, .sched_type = sched_type, .consumers = consumers,
	};
	if (dev_id < 0 || set_up(shape) != 0)
		return NULL;
	shape_count++;
	return shape;
}

int run_scheduler_once(const struct shape *shape)
{
	return shape->has_service ? rte_service_run_iter_on_app_lcore(shape->service_id, 0) : 0;
}

void settle(const struct shape *shape)
{
	struct rte_event burst[BURST];

	for (unsigned int round = 0; round < SETTLE_ROUNDS; round++) {
		for (uint8_t port = 0; port <= shape->consumers; port++)
			rte_event_dequeue_burst(shape->dev_id, port, burst, BURST, 0);
		run_scheduler_once(shape);
	}
}

void close_all(void)
{
	for (unsigned int i = 0; i < shape_count; i++) {
		rte_event_dev_stop(shapes[i].dev_id);
		rte_event_dev_close(shapes[i].dev_id);
	}
}
