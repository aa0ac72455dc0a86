/* SPDX-License-Identifier: MIT */
/* The register sets of ptrace(2) have no neutral form. */
