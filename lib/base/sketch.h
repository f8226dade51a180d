// SPDX-License-Identifier: Apache-2.0
/* How much of their text two pages share, told from a few numbers of each: the
 * control sends those of its page, not the page.
 *
 * A page is taken as the set of all three words that follow one another in it,
 * in text and markup alike; what any page of HTML has is no word. Each three
 * have a number that looks drawn by lot, and the sketch is the smallest
 * numbers. Of the smallest that either page has, as large a part is in both as
 * of all (bottom-k sketches; Broder, 1997). The numbers travel between programs
 * and stand in records: they never change for the same page.
 */
#ifndef PARALLAX_BASE_SKETCH_H
#define PARALLAX_BASE_SKETCH_H

#include "base/str.h"

#define SKETCH_MAX  48
#define SKETCH_TEXT (8 * SKETCH_MAX + 1)

struct sketch {
    uint32_t of[SKETCH_MAX]; /* ascending; below SKETCH_MAX all there are */
    size_t n;
};

/* Of the decoded bytes of a page, whatever they are. */
void sketch_make(struct str page, struct sketch *out);

/* As text: eight digits of hex each. */
void sketch_text(const struct sketch *s, char out[SKETCH_TEXT]);
/* False unless it is the one text that sketch_text writes. */
MUST_USE bool sketch_parse(struct str text, struct sketch *out);

/* The pages' share: `common` of `all`. */
void sketch_compare(const struct sketch *a, const struct sketch *b,
                    size_t *common, size_t *all);

#endif
