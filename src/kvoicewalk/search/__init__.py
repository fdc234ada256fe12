"""Where voices come from: ranking the stock voices, blending them, searching on from them."""
