"""枫格 Fengge: what grid workers write down far from a network, kept, merged, printed and sent."""

__version__ = "0.1.0"
