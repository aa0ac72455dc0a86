/* SPDX-License-Identifier: MIT */
/*
 * published: lowered objects that travel, between who lowers them and who links them.
 *
 * An object is known by its key, the digest of all that decides its bytes. A builder lowers
 * everything that installs of a set of packages ask for; who links names the targets and the
 * keys that are offered, and puts the objects into the cache before linking.
 */
#ifndef LINKER_PUBLISHED_H
#define LINKER_PUBLISHED_H

#include "linker/link.h"

struct link_object {
	struct str object; /* a relocatable ELF file */
	struct str facts; /* as linker/facts.h reads them */
	const char *origin; /* who published it; "": it was lowered here */
};

/*
 * Put an object that came from outside into the cache of a request.
 *
 * It is checked like what a worker hands over: whether it is what its key says only lowering tells.
 *
 * Errors: ERR_FORMAT (not an object of this architecture, or not its facts), ERR_NO_SPACE, ERR_IO
 */
int link_put_object(const struct link_request *request, enum arch arch,
	const struct digest *key, const struct link_object *object);

/*
 * Look an object up in the cache of a request; 1 when it is there, otherwise 0.
 *
 * Owner:  the arena
 * Errors: ERR_IO
 */
int link_get_object(struct arena *arena, const struct link_request *request,
	const struct digest *key, struct link_object *ret_object);

/*
 * The keys of the offered objects that link_all() will need and the cache does not have.
 *
 * Owner:  the arena
 * Errors: as link_all()
 */
int link_missing(struct arena *arena, const struct link_request *request,
	struct digest **ret_keys, size_t *ret_count);

struct link_lowered { /* an object in the cache of the request */
	const char *package; /* whose program or library it is: "lua-5.4.4-1" */
	struct digest key;
};

struct link_lowered_set {
	struct lower_target target;
	struct link_lowered *objects; /* sorted by package, then key; each once a package */
	size_t object_count;
	const char **slots; /* names of the libraries that are shared, sorted */
	size_t slot_count;
};

/*
 * Lower whatever links of these libraries and programs ask for, whichever of them are installed
 * together: every library that may have a slot, and every program with the libraries that no
 * other program of the request uses merged into it. Nothing is linked.
 *
 * Owner:  the arena
 * Errors: as link_all()
 */
int link_lower(struct arena *arena, const struct link_request *request,
	struct link_lowered_set *ret_set);

#endif
