/*
 * DPDK's software event devices, measured like bench/rigs measures softdlb.
 *
 *   peer DRIVER LCORES     DRIVER: event_sw or event_dsw; LCORES: as EAL's --lcores takes them
 *
 * Reads commands from standard input and answers each with one line of JSON:
 *
 *   inline TYPE CONSUMERS EVENTS_PER_PASS EVENTS     one thread in every role
 *   lcores TYPE CONSUMERS EVENTS                     roles spread over the lcores
 *   wall                                             a flow whose port is stuck
 *
 * {"events":N,"ns":N} when everything arrived as sent, else {"problem":"..."}. One process per
 * device, so that repetitions find warm caches and no start-up counts.
 */
#include <string.h>

#include <rte_eal.h>

#include "peer.h"

static int start_dpdk(char *lcores)
{
	char *arguments[] = {
		"softdlb-peer", "--no-huge", "-m", "2048", "--no-shconf", "--no-pci", "--no-telemetry",
		"--log-level=lib.*:error", "--log-level=pmd.*:error",
		"--lcores", lcores,
	};

	return rte_eal_init(RTE_DIM(arguments), arguments);
}

static int sched_type_of(const char *name)
{
	if (strcmp(name, "atomic") == 0)
		return RTE_SCHED_TYPE_ATOMIC;
	if (strcmp(name, "ordered") == 0)
		return RTE_SCHED_TYPE_ORDERED;
	return strcmp(name, "parallel") == 0 ? RTE_SCHED_TYPE_PARALLEL : -1;
}

static void obey(const char *line, const char *driver)
{
	char type[16] = "atomic";
	unsigned int consumers = 2;
	unsigned int per_pass = 0;
	uint64_t events = 1;
	const bool is_wall = strncmp(line, "wall", 4) == 0;
	const bool is_inline = sscanf(line, "inline %15s %u %u %" SCNu64, type, &consumers,
				      &per_pass, &events) == 4;

	if (!is_wall && !is_inline &&
	    sscanf(line, "lcores %15s %u %" SCNu64, type, &consumers, &events) != 3) {
		print_problem("not a command");
		return;
	}

	const int sched_type = sched_type_of(type);

	if (sched_type < 0 || consumers < 1 || consumers > CONSUMERS_MAX || events == 0) {
		print_problem("a command with wrong values");
		return;
	}

	const struct shape *shape = open_shape(driver, (uint8_t)sched_type, (uint8_t)consumers);

	if (shape == NULL)
		print_problem("the device cannot be set up");
	else if (is_wall)
		run_wall(shape);
	else if (is_inline)
		run_inline(shape, per_pass, events);
	else
		run_lcores(shape, events);
}

int main(int count, char **arguments)
{
	char line[128];

	if (count != 3) {
		fprintf(stderr, "usage: peer DRIVER LCORES\n");
		return 2;
	}
	if (start_dpdk(arguments[2]) < 0) {
		print_problem("DPDK does not start");
		return 1;
	}
	printf("{\"ready\":true}\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL)
		obey(line, arguments[1]);
	close_all();
	rte_eal_cleanup();
	return 0;
}
