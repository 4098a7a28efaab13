"""The measurements behind every figure of the ledger (`xuemai bench …`): honest, whole, each beside a yardstick.

A figure alone is that of one machine on one day. Each command therefore measures `yardstick` in the same run, on the
same bytes and the same disk, and tells the ratio.
"""
