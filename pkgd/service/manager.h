/* SPDX-License-Identifier: MIT */
/*
 * manager: what service managers read of a service, as text.
 *
 * Names, users and paths have no characters that mean anything there (repo/declared.h). Arguments may have
 * any but control characters: they are quoted, so that a program gets just what was declared.
 */
#ifndef PKGD_SERVICE_MANAGER_H
#define PKGD_SERVICE_MANAGER_H

#include "base/str.h"
#include "repo/declared.h"

#include <stdbool.h>

struct manager_place { /* what the files of services say of their root */
	const char *
		standing; /* its absolute path, which no root has with characters that mean anything */
	bool is_system; /* its owner is root; else who owns it runs its services */
};

/*
 * Write a file of a service; nothing for one that it has not.
 *
 * Source: systemd.service(5), systemd.exec(5), "runsv" of runit
 */
void manager_write(enum declared_service_file file, const struct declared_service *service,
	const char *package, const struct manager_place *place, struct strbuf *ret_text);

#endif
