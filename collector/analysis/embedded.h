// SPDX-License-Identifier: Apache-2.0
/* The files of collector/data, compiled into the program by tools/embed.sh so
 * that a collector needs no data beside it. Read by coalition.c and handouts.c.
 */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_EMBEDDED_H
#define PARALLAX_COLLECTOR_ANALYSIS_EMBEDDED_H

struct embedded_file {
    const char *name;           /* "members.csv" */
    const unsigned char *bytes; /* the file's, `len` of them */
    unsigned long len;
};

/* One for each file, in the order of their names. */
extern const struct embedded_file embedded_files[];
/* How many there are. */
extern const unsigned long embedded_files_count;

#endif
