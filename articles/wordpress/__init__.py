"""WordPress exports (WXR): `reading` them as a stream, their HTML as Markdown (`markdown`, `shortcodes`), their
pictures from a folder (`media`), and `storing` posts and pages as articles. Comments are the comments' business."""
