# SPDX-License-Identifier: GPL-2.0-only
################################################################################
#
# whylate: the kernel module, from the tree that this external package is in
#
################################################################################

WHYLATE_VERSION = 0.1.0
WHYLATE_SITE = $(BR2_EXTERNAL_WHYLATE_PATH)/../..
WHYLATE_SITE_METHOD = local
WHYLATE_LICENSE = GPL-2.0
WHYLATE_LICENSE_FILES = LICENSE
WHYLATE_MODULE_SUBDIRS = kmod
WHYLATE_MODULE_MAKE_OPTS = WHY_SRC=$(@D)

$(eval $(kernel-module))
$(eval $(generic-package))
