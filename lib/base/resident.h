// SPDX-License-Identifier: Apache-2.0
/* What of a program is in memory only because it was read once. */
#ifndef PARALLAX_BASE_RESIDENT_H
#define PARALLAX_BASE_RESIDENT_H

/* Gives back what malloc has and nobody uses, and the pages of the program and
 * its libraries that nobody can write to. Those that are needed are read again
 * when they are, mostly from the system's cache; the tables by which the loader
 * put them together, the larger part, are not needed any more. Nothing else
 * changes. Any thread; some milliseconds. */
void resident_trim(void);

#endif
