"""档案: people, households, grids and posts, with the tree of units and grids beside them."""
