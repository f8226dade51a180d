// SPDX-License-Identifier: Apache-2.0
/* The pages of what innocent servers send (fp_innocent.h). */
#ifndef PARALLAX_RECORD_FP_INNOCENT_PAGES_H
#define PARALLAX_RECORD_FP_INNOCENT_PAGES_H

#include "record/fp_innocent.h"

/* Whole pages and parts of them. */
extern const struct fp_innocent fp_innocent_pages[];
extern const size_t fp_innocent_pages_count; /* how many there are */

#endif
