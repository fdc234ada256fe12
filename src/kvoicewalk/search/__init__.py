"""Where voices come from: ranking the stock voices now, the searches later."""
