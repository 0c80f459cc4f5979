# usage
