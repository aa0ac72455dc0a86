/* SPDX-License-Identifier: MIT */
/*
 * graph: how the packages, images and slots of a root hang together.
 *
 * Nodes and edges are made at once, from the generation's description or a repository's index.
 * The symbols on an edge are found when they are asked for, from the manifests of the two
 * packages: most questions touch few edges.
 */
#ifndef PKGD_GRAPH_GRAPH_H
#define PKGD_GRAPH_GRAPH_H

#include "base/map.h"
#include "base/vec.h"
#include "linker/facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct candidate;
struct graph_bindings;
struct graph_name;
struct generation_image;
struct generation_package;
struct manifest;
struct request;
struct state;

enum graph_node_kind {
	GRAPH_PACKAGE,
	GRAPH_PROGRAM, /* the image of a program */
	GRAPH_SLOT, /* the image of a shared library */
	GRAPH_TOOL, /* what a package was built with: a compiler */
};

enum graph_edge_kind {
	GRAPH_REQUIRES, /* package to package */
	GRAPH_CONTAINS, /* package to image */
	GRAPH_PRIVATE, /* image to the package of a library that is linked into it */
	GRAPH_BINDS, /* image to slot */
	GRAPH_BUILDS, /* package to tool, or to a package that it was compiled with */
	GRAPH_EDGE_KINDS,
};

#define GRAPH_ALL_EDGES ((1u << GRAPH_EDGE_KINDS) - 1) /* a set of edge kinds, as bits */

/* Names of kinds, as they stand in JSON and in filters. */
extern const char *const graph_node_names[];
extern const char *const graph_edge_names[GRAPH_EDGE_KINDS];

struct graph_symbol { /* an export */
	const char *name;
	const char *type; /* the IR type, as text; NULL: not known */
	uint64_t size; /* bytes, of data; 0 for a function */
	bool is_function;
	bool is_weak;
};

struct graph_unit { /* a library or program of a package */
	const char *name; /* "z", "bin/jq" */
	bool is_program;
	const struct graph_symbol *exports;
	size_t export_count;
	char **undefined; /* symbols that its imports must define */
	size_t undefined_count;
	char **imports; /* library names */
	size_t import_count;
	struct graph_name **needs; /* `undefined` as names; symbols.c fills it */
	size_t stamp; /* of the image that symbols.c looks at, */
	size_t place; /* and the unit's place in it */
	struct map by_name; /* of exports: struct graph_symbol; graph_find_export() fills it */
};

struct graph_units {
	struct graph_unit *at;
	size_t len;
	char **builds_with; /* "zlib = 1.2.13-1": packages it was compiled with */
	size_t builds_with_count;
	const char *producer; /* "weld 0.1.0, clang 22.1.8"; "" when it is not known */
};

struct graph_node {
	enum graph_node_kind kind;
	const char *id; /* "package:zlib", "program:bin/jq", "slot:z" */
	const char *name; /* "zlib", "bin/jq", "z" */
	const char *version; /* "1.6-1" of a package or of an image's; "" of a tool */
	uint64_t size; /* bytes: an image's file; a package's files and images */
	size_t owner; /* of an image: index of its package */
	const struct generation_package *installed; /* of an installed package */
	const struct candidate *offer; /* of one that is not */
	const struct generation_image *image;
	struct graph_units *units; /* of a package; graph_read_units() fills it */
};

struct graph_edge {
	enum graph_edge_kind kind;
	size_t from; /* indexes of nodes */
	size_t to;
	const char *by; /* the requirement "lib:z", the library's name "z"; "" otherwise */
};

struct graph {
	struct state *state;
	VEC(struct graph_node) nodes;
	VEC(struct graph_edge) edges; /* sorted by `from` */
	size_t *first; /* first[i]..first[i + 1]: edges from node i */
	size_t *into; /* indexes of edges sorted by `to` */
	size_t *first_into; /* the same for `into` */
	struct map by_id; /* struct graph_node index + 1, as a pointer */
	const char *mentioned; /* what graph_mentions() was asked last, */
	signed char *mentions; /* and what it answered, by package; 0: not asked */
	struct map names; /* struct graph_name by text: symbols.c */
	size_t stamp; /* rises with each list of names: symbols.c */
	struct graph_bindings *bindings; /* of the image that was looked at last: symbols.c */
	struct map libraries; /* by name: graph_node index + 1 of the package that has it */
};

enum graph_flags {
	GRAPH_OFFERS = 1 << 0, /* with what is offered and not installed: its best version */
	GRAPH_TOOLS = 1 << 1, /* with compilers; reads every manifest */
};

/*
 * Make the graph of the state's current generation; with GRAPH_OFFERS the state must have offers.
 *
 * Owner:  the arena of the state; the state must outlive it
 * Errors: ERR_FORMAT (a requirement), with GRAPH_TOOLS as graph_read_units()
 */
int graph_make(struct state *state, unsigned flags, struct graph *ret_graph);

/*
 * Open the root and make its graph; with what is offered when `name` is no node without it.
 *
 * Owner:  the caller closes the state, also after a failure
 * Errors: as state_open() and graph_make()
 */
int graph_open(struct request *request, const char *name, unsigned flags,
	struct state *ret_state, struct graph *ret_graph);

/*
 * Find a node by what a person calls it: a package, else a program's path or base name, else a
 * slot. An id ("slot:z") says exactly which.
 */
bool graph_find(const struct graph *graph, const char *name, size_t *ret_index);

/* As graph_find(), for packages. Errors: ERR_NOT_FOUND, with a name that is near */
int graph_find_package(const struct graph *graph, const char *name, size_t *ret_index);

/*
 * Read the libraries and programs of a package.
 *
 * Errors: ERR_NOT_FOUND, ERR_DIGEST (manifest changed on disk), ERR_FORMAT
 */
int graph_read_units(struct graph *graph, size_t package, struct graph_units **ret_units);

/* The same from a manifest; strings are borrowed from it. Owner: the arena */
struct graph_units *graph_units_from(struct arena *arena, const struct manifest *manifest);

/* The unit of a name among them; NULL without it. */
struct graph_unit *
graph_find_unit(const struct graph_units *units, const char *name, bool is_program);

/* The unit of a library; NULL when no package of the graph has it. Errors: as graph_read_units() */
int graph_find_library(struct graph *graph, const char *name, struct graph_unit **ret_unit);

/* The unit that an image is made of; NULL when its package has none of that name. Errors: as
 * graph_read_units() */
int graph_image_unit(struct graph *graph, size_t image, struct graph_unit **ret_unit);

/* An export by name; NULL without it. */
const struct graph_symbol *
graph_find_export(struct graph *graph, struct graph_unit *unit, const char *name);

/*
 * Whether a package's manifest or index entry has this symbol at all: fast, so that only packages
 * that matter are read.
 *
 * Errors: as graph_read_units()
 */
int graph_mentions(struct graph *graph, size_t package, const char *symbol, bool *ret_mentions);

struct graph_facts { /* of an image, mapped; { 0 } when it has none */
	struct facts facts;
	void *at;
	size_t size; /* bytes */
};

/*
 * Open the facts that were recorded when an image was linked; what has none gives { 0 }.
 *
 * Owner:  the caller closes them, and copies the texts that it keeps
 * Errors: ERR_FORMAT (damaged), ERR_IO
 */
int graph_open_facts(struct graph *graph, size_t image, struct graph_facts *ret_facts);

/* Close facts: for AUTO(). */
void graph_close_facts(struct graph_facts *facts);

/*
 * The symbols that tie an edge's ends, sorted: what its source leaves undefined and its target
 * defines.
 *
 * Owner:  the arena of the state
 * Errors: as graph_read_units()
 */
int graph_edge_symbols(struct graph *graph, const struct graph_edge *edge, char ***ret_symbols,
	size_t *ret_count);

/*
 * The shortest chain of edges of these kinds from one node to another.
 *
 * Returns false without one. An empty chain is one: from a node to itself.
 */
bool graph_chain(const struct graph *graph, size_t from, size_t to, unsigned kinds,
	const struct graph_edge ***ret_chain, size_t *ret_count);

/* Mark what can be reached from a node, itself included; backwards when inverted. */
void graph_reach(
	const struct graph *graph, size_t from, unsigned kinds, bool is_inverted, bool *seen);

#endif
