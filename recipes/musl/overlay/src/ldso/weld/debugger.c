/* SPDX-License-Identifier: MIT */
/*
 * The list of images that debuggers read stands in the program, where the mapper put its slots.
 * What dlopen() brings goes behind them. Between two calls of r_brk, where a debugger stops,
 * the list is being changed.
 */
#include "image.h"

#define LIST "_r_debug"
#define CHANGED "_dl_debug_state"

static struct r_debug *find_list(void)
{
	static struct r_debug *list;

	if (!list) list = __weld_find_hidden(LIST);
	return list;
}

static void tell(struct r_debug *list, int state)
{
	list->r_state = state;
	if (list->r_brk) ((void (*)(void))list->r_brk)();
}

void __weld_show(struct image *image)
{
	struct r_debug *list = find_list();
	struct link_map *last;

	if (!list) return;
	/* The mapper leaves the list of a program without slots alone. */
	if (!list->r_version) {
		list->r_version = 1;
		list->r_brk = (uintptr_t)__weld_find_hidden(CHANGED);
	}
	tell(list, RT_ADD);
	image->shown = (struct link_map){ .l_name = image->map.l_name };
	last = list->r_map;
	while (last && last->l_next) last = last->l_next;
	if (last) last->l_next = &image->shown;
	else list->r_map = &image->shown;
	image->shown.l_prev = last;
	tell(list, RT_CONSISTENT);
}

void __weld_hide(struct image *image)
{
	struct r_debug *list = find_list();
	struct link_map *shown = &image->shown;

	if (!list || !shown->l_name) return;
	tell(list, RT_DELETE);
	if (shown->l_prev) shown->l_prev->l_next = shown->l_next;
	else list->r_map = shown->l_next;
	if (shown->l_next) shown->l_next->l_prev = shown->l_prev;
	tell(list, RT_CONSISTENT);
}
