"""Roles of colour and the pieces that figures are drawn from."""
