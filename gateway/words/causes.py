"""What each cause of an alarm is called, in Chinese and English."""

from ledger.core.kinds import AlarmCause

CAUSES: dict[AlarmCause, tuple[str, str]] = {
    "excursion": ("超温", "out of range"),
    "temperature_warning": ("温度预警", "temperature warning"),
    "probe_silent": ("温度探头无数据", "probe silent"),
    "probe_unknown": ("温度无法判定", "temperature unknown"),
    "reader_lost": ("读写器失联", "reader lost"),
    "scanner_lost": ("扫描枪失联", "scanner lost"),
    "output_failed": ("报警输出故障", "alarm output failed"),
    "outbox_full": ("待发箱将满", "outbox nearly full"),
    "storage_failed": ("无法写入磁盘", "cannot write to the disk"),
    "ledger_refused": ("中心账本不可信", "the ledger is not believed"),
    "stream_stopped": ("数据流已停止", "a stream is stopped"),
    "ledger_unreachable": ("长时间无法上传到中心", "nothing reaches the centre"),
    "clock_lost": ("时钟不可靠", "clock not reliable"),
    "power_lost": ("市电中断", "no mains power"),
}
