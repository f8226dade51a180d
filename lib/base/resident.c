// SPDX-License-Identifier: Apache-2.0
/* The read-only segments of all that is loaded (elf(5)). What the loader wrote
 * into, even if it cannot be written to any more, belongs to segments that can
 * be, and is left alone. */
#include "base/resident.h"

#include <link.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static int trim_one(struct dl_phdr_info *info, size_t size, void *arg)
{
    const uintptr_t *page = arg;
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type != PT_LOAD || (p->p_flags & PF_W)) {
            continue;
        }
        uintptr_t from = (info->dlpi_addr + p->p_vaddr) & ~(*page - 1);
        uintptr_t to =
            (info->dlpi_addr + p->p_vaddr + p->p_filesz) & ~(*page - 1);
        if (to > from) {
            /* where it is not possible, they stay */
            (void)madvise((void *)from, to - from, MADV_DONTNEED);
        }
    }
    return 0;
}

void resident_trim(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    dl_iterate_phdr(trim_one, &page);
}
