/* SPDX-License-Identifier: MIT */
/*
 * names: where a symbol stands in a graph: who exports it, and what each image has to do with it.
 */
#ifndef PKGD_GRAPH_NAMES_H
#define PKGD_GRAPH_NAMES_H

#include "pkgd/graph/graph.h"

struct names_export { /* a library or program that defines the symbol for others */
	size_t package; /* index of the node */
	const struct graph_unit *unit;
	const struct graph_symbol *symbol;
	bool has_slot;
};

enum names_how {
	NAMES_BOUND, /* calls or uses it in a slot */
	NAMES_CONTAINS, /* has it inside: its own, or a private library's */
	NAMES_INLINED, /* has copies of it inside other functions */
};

struct names_use { /* what an image has to do with the symbol */
	size_t image; /* index of the node */
	enum names_how how;
	const char *library; /* the slot; or the unit that it comes from */
	const char *package; /* the package that it comes from, "zlib-1.2.13-1" */
	const char *source; /* file name; "" when it is not known */
	char **hosts; /* functions with a copy in them */
	size_t host_count;
	bool is_fact; /* recorded when the image was linked; otherwise from manifests */
};

/*
 * The libraries in which a unit's undefined symbols are looked up, first to last: what it imports,
 * directly or through others, as the linker orders it.
 *
 * Owner:  the arena of the state
 * Errors: as graph_read_units()
 */
int names_search_order(struct graph *graph, const struct graph_unit *unit,
	struct graph_unit ***ret_order, size_t *ret_count);

/* The first library of that order that defines a symbol; NULL without one. */
struct graph_unit *names_definer(
	struct graph *graph, struct graph_unit *const *order, size_t count, const char *symbol);

/*
 * Find the units that export a symbol. Owner: the arena of the state
 *
 * Errors: as graph_read_units()
 */
int names_exports(struct graph *graph, const char *symbol, struct names_export **ret_exports,
	size_t *ret_count);

/*
 * Find the images that are bound to a symbol or have it inside.
 *
 * Owner:  the arena of the state
 * Errors: as graph_read_units() and graph_open_facts()
 */
int names_uses(struct graph *graph, const char *symbol, struct names_use **ret_uses,
	size_t *ret_count);

#endif
