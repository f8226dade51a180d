// SPDX-License-Identifier: Apache-2.0
/* What is served for a site's name at one address, in cleartext: a notice, if
 * the name's lookup was answered with the address of one; the site's page, if
 * the address is the site's.
 */
#ifndef PARALLAX_ENGINE_PAGE_PAGE_AT_H
#define PARALLAX_ENGINE_PAGE_PAGE_AT_H

#include "engine/measure.h"

/* The task of a plan of kind PLAN_PAGE: one request, unless the plan says that
 * only what is known is told. ERR_NOMEM. */
MUST_USE enum err page_at_add(struct measure *ms);

#endif
