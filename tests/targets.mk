# SPDX-License-Identifier: Apache-2.0
# Targets that install, test, measure and demonstrate.

.PHONY: need-build need-lab need-test need-browser need-static

# $(call need,purpose,packages): installs what is missing as root, else names it.
define need
	@sh tests/need.sh '$(1)' $(2)
endef

need-build:
	$(call need,building,$(PKG_BUILD) $(PKG_RUN))
need-lab: need-build
	$(call need,the lab,$(PKG_LAB))
need-test: need-lab
	$(call need,the tests,$(PKG_TEST))
need-browser:
	$(call need,looking at pages,$(PKG_BROWSER))
need-static:
	$(call need,static checks,$(PKG_STATIC))
