// SPDX-License-Identifier: Apache-2.0
/* The glossary at the end of a report, in order of the alphabet. */
#include "collector/report/report_glossary.h"

const struct report_term report_glossary[] = {
    {"AS number (ASN)", "The number under which a network, usually an Internet "
                        "provider, is known to the others, such as AS137."},
    {"Blocked", "In the tables: the site was not reachable from this network "
                "while a computer elsewhere reached it, and the trace shows "
                "interference rather than a fault."},
    {"Contested",
     "More than half as many people reached the site since "
     "interference was first seen as saw it. It may have ended, or "
     "come and go; or somebody made up one of the two sides."},
    {"Control",
     "A computer outside the country that opens the same site at the same "
     "moment. Its answers are signed, so that they cannot be made up; "
     "“verified” means that the signature was checked, and that no "
     "other measurement had brought it before."},
    {"Covenant (ICCPR)",
     "The International Covenant on Civil and Political Rights of 1966. It "
     "binds the States that are parties to it."},
    {"Finding", "One site, on one network, interfered with in one way, at "
                "least once in the period."},
    {"HTTP", "The language in which a page is asked for and delivered."},
    {"Inconclusive", "The measurements do not allow to tell interference from "
                     "a fault."},
    {"Intermittent", "At least half of those who saw interference reached the "
                     "site at other times, or measurements that somebody "
                     "vouches for did."},
    {"Internal", "The measuring computer failed; says nothing about the "
                 "site."},
    {"IP address", "The number of a computer on the Internet."},
    {"Observer", "An independent measurer. Counted per day as the smaller of "
                 "the number of devices and the number of places they "
                 "connected from; the largest day counts. All who cannot be "
                 "checked count together as one at most."},
    {"Presumption", "How far the kind of site is usually protected. It does "
                    "not replace the three-part test."},
    {"Round", "One observer's tests of one site within one hour."},
    {"TLS", "The encryption that protects a connection. The site's name is "
            "readable when it starts, which is where it can be cut."},
    {"uid", "The identity of one measurement. It is computed from the "
            "measurement's content, so a changed record no longer fits it."},
    {"UTC", "Universal time. All times in this report are in UTC."},
};

const size_t report_glossary_n =
    sizeof(report_glossary) / sizeof(report_glossary[0]);
