/* SPDX-License-Identifier: MIT */
/*
 * plugin: what is linked for a program beside it, to be opened while it runs.
 *
 * A plug-in has an image for each program that loads an interface it is for. That
 * image has an address range of its own and is bound to the program, to the
 * program's slots, and to what it brings itself: libraries that the program
 * does not import. The program keeps what plug-ins may ask for.
 */
#ifndef LINKER_IMAGE_PLUGIN_H
#define LINKER_IMAGE_PLUGIN_H

#include "linker/image/state.h"

/*
 * Pair plug-ins and programs; needs the programs of graph_build().
 *
 * Errors: ERR_SYMBOL (an import that no package provides)
 */
int plugin_build(struct link_state *state);

/* Count plug-ins as users of the libraries that they bring; programs must be counted already. */
void plugin_count_users(struct link_state *state);

/*
 * Check that the program, its libraries or the plug-in's own define what each plug-in needs.
 *
 * Errors: ERR_SYMBOL: names plug-in, program and symbol; ERR_PROFILE (thread-local variables)
 */
int plugin_check(const struct link_state *state);

/*
 * Sort what a plug-in imports into the program's and its own slots, libraries beside it and
 * libraries merged into it. What the program has inside is none of these.
 */
void plugin_split(struct link_state *state, struct plugin *plugin);

/* Say which names a program keeps for plug-ins; its libraries must be split. */
void plugin_keep(struct link_state *state, struct program *program);

/*
 * Read where a program that was linked before has what it keeps; nothing when that is known.
 *
 * Errors: ERR_DIGEST (not what was recorded), ERR_FORMAT, ERR_IO
 */
int plugin_read_program(struct link_state *state, struct program *program);

/*
 * Where a symbol that a plug-in needs is: in its program, or in a slot; NULL when nowhere.
 *
 * *ret_slot is an index of the image's slots; their number stands for the program.
 */
const struct layout_entry *
plugin_find(const struct plugin *plugin, const char *symbol, size_t *ret_slot);

#endif
