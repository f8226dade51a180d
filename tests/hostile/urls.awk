# SPDX-License-Identifier: Apache-2.0
# Sites in order spread evenly among those that misbehave.
/\/good[0-9]+\./ { good[n_good++] = $0; next }
{ bad[n_bad++] = $0 }
END {
    for (i = 0; i < n_bad; i++) {
        while (k < n_good && k * n_bad <= i * n_good)
            print good[k++]
        print bad[i]
    }
}
