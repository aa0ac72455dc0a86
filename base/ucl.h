/* SPDX-License-Identifier: MIT */
/*
 * ucl: the files that people write (recipes, configuration), read into JSON values.
 *
 * The syntax is the part of UCL that such files need, and JSON is valid in it:
 *
 *     # a comment, also / * like this * /
 *     name = zlib                 key and value, with "=", ":" or nothing between
 *     version = "1.2.13"          quoted: JSON's escapes; 'so': no escapes at all
 *     release = 1                 digits only: an integer; true, false, yes, no, on, off: a flag
 *     requires = [zlib, "lz4"]    lists
 *     source { debian = zlib }    objects
 *     packages tools { }          the same as packages { tools { } }
 *
 * A bare word ends at white space or one of ,;{}[]"#. Everything that is not an
 * integer or a flag is a string, so `version = 1.10` keeps its zero. A key that
 * stands twice becomes a list of its values; two objects reached through names
 * (`packages a {}`, `packages b {}`) are joined.
 */
#ifndef BASE_UCL_H
#define BASE_UCL_H

#include "base/json.h"

/*
 * Read one text; its value is always an object.
 *
 * Owner:  the caller releases *ret_value
 * Errors: ERR_FORMAT, with the line
 */
int ucl_read(struct str text, json_t **ret_value);

#endif
