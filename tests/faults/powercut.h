// SPDX-License-Identifier: Apache-2.0
/* The log of what became durable: powercut.c writes it, tests/tools/after_cut.c
 * reads it. Entries follow each other, each a head and `len` bytes.
 */
#ifndef PARALLAX_TESTS_FAULTS_POWERCUT_H
#define PARALLAX_TESTS_FAULTS_POWERCUT_H

#include <stdint.h>

#define POWERCUT_MAGIC 0x54554350u
#define POWERCUT_FILE  1u /* its bytes */
#define POWERCUT_DIR   2u /* its names: a line each of inode and name */

struct powercut_entry {
    uint32_t magic, kind;
    uint64_t inode, len;
};

#endif
