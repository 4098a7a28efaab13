"""What the gateway says to people, in English and Chinese: tables, and how times and reasons are said by them.

Whoever says them (the page, the alarms, the commands) imports these; these import none of it. Programs read English.
"""
