/* SPDX-License-Identifier: MIT */
/*
 * evidence: whether a search came to the functions that an advisory names.
 */
#ifndef PKGD_AUDIT_EVIDENCE_H
#define PKGD_AUDIT_EVIDENCE_H

#include "pkgd/audit/audit.h"

/*
 * Find a symbol of a package in all images of the last search, and set the finding's state, note
 * and chain: those of the worst place, and of the shortest chain among equal ones.
 *
 * Shape:  label is "zlib-1.2.13-1"
 * Owner:  the arena
 */
void evidence_find(const struct reach *reach, struct arena *arena, const char *label,
	const struct advisory_symbol *symbol, struct audit_finding *finding);

#endif
