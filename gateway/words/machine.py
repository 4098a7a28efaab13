"""What the operating system, HTTP and TLS say when a way does not open, in Chinese; patterns as in `reasons`.

They match anywhere in what was said: each library wraps these words in its own.
"""

MACHINE = (
    (r".*could not open port .*No such file or directory.*", r"未找到设备：请检查连接"),
    (r".*No such file or directory.*", r"没有此文件"),
    (r".*Permission denied.*", r"没有访问权限"),
    (r".*(?:Could not exclusively lock port|Device or resource busy).*", r"端口已被其他程序占用"),
    (r".*Connection refused.*", r"连接被拒绝"),
    (r".*(?:Failed to resolve|name resolution|service not known).*", r"找不到该主机名：请检查地址或域名解析"),
    (r".*BadStatusLine.*", r"对方应答的不是 HTTP"),
    (r".*IncompleteRead.*", r"应答不完整，连接中断"),
    (r".*(?:Connection aborted|Connection reset|closed connection without response).*", r"连接中断"),
    (r".*timed out.*", r"等待超时"),
    (r".*(?:No route to host|Network is unreachable).*", r"网络不可达"),
    (r"device reports readiness to read but returned no data.*", r"设备已断开"),
    (r".*Input/output error.*", r"设备已断开"),
    (r".*CERTIFICATE_VERIFY_FAILED.*not yet valid.*", r"证书尚未生效：请核对两台机器的时钟"),
    (r".*CERTIFICATE_VERIFY_FAILED.*has expired.*", r"证书已过期"),
    (r".*CERTIFICATE_VERIFY_FAILED.*mismatch.*", r"证书不是签发给该地址的"),
    (r".*CERTIFICATE_VERIFY_FAILED.*(?:self-signed|issuer certificate).*", r"证书不是所信任的机构签发的"),
    (r".*CERTIFICATE_VERIFY_FAILED.*", r"证书未通过验证"),
    (r".*WRONG_VERSION_NUMBER.*", r"对方不使用 TLS"),
    (r".*(?:UNEXPECTED_EOF_WHILE_READING|EOF occurred in violation of protocol).*", r"TLS 握手时连接中断"),
    (r"HTTP (3\d\d)", r"请求被转到别处（HTTP \1）"),
    (r"HTTP (401)", r"要求登录（HTTP \1）"),
    (r"HTTP (403)", r"拒绝访问（HTTP \1）"),
    (r"HTTP (404)", r"没有这个地址（HTTP \1）"),
    (r"HTTP (407)", r"代理要求登录（HTTP \1）"),
    (r"HTTP (421)", r"该服务器不负责这个主机名（HTTP \1）"),
    (r"HTTP (429)", r"请求过多（HTTP \1）"),
    (r"HTTP (502)", r"代理得不到其后服务的正确应答（HTTP \1）"),
    (r"HTTP (503)", r"服务暂不可用（HTTP \1）"),
    (r"HTTP (504)", r"代理等待其后服务超时（HTTP \1）"),
    (r"HTTP (5\d\d)", r"服务器内部错误（HTTP \1）"),
    (r"HTTP (4\d\d)", r"请求不被接受（HTTP \1）"),
)
"""Chinese by the English pattern; the first that fits counts."""
