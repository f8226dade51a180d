#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make_list.sh N: a site list of N rows in the usual columns, for where no list
# of others is at hand.
awk -v n="$1" 'BEGIN {
    print "url,category_code,category_description,date_added,source,notes"
    split("NEWS POLR HUMR GRP COMT CULTR ENV SRCH", c, " ")
    for (i = 1; i <= n; i++)
        printf "%s://site%04d.example/,%s,,2026-01-01,generated,\n",
            i % 3 ? "https" : "http", i, c[i % 8 + 1]
}'
