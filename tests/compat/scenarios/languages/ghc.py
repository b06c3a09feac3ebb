# SPDX-License-Identifier: Apache-2.0
"""GHC: a Haskell program with code that is run while it is compiled, and the same in its interpreter."""

from box import find_program

PACKAGES = ["ghc"]
PROGRAMS = ["ghc", "work"]
EXCEPTIONS = ["ghc"]
EXPECTED = ["known when compiled: 3628800", "threads: [10,20,30]", "words: 3"]
SOURCE = """
{-# LANGUAGE TemplateHaskell #-}
module Main (main) where
import Control.Concurrent
import qualified Data.Map.Strict as Map
import Language.Haskell.TH

main :: IO ()
main = do
  putStrLn ("known when compiled: " ++ show ($(litE (integerL (product [1 .. 10]))) :: Integer))
  boxes <- mapM (\\\\n -> do { b <- newEmptyMVar; _ <- forkIO (putMVar b $! n * 10); return b }) [1, 2, 3 :: Int]
  answers <- mapM takeMVar boxes
  putStrLn ("threads: " ++ show answers)
  putStrLn ("words: " ++ show (Map.size (Map.fromListWith (+) [(w, 1 :: Int) | w <- words "a b c a b a"])))
""".replace("\\\\", "\\")


def run(box):
    ghc = find_program("ghc")
    source = box.write("Work.hs", SOURCE)
    box.run(ghc, "-v0", "-threaded", "-o", "work", source, seconds=300)
    box.run(str(box.folder / "work"), "+RTS", "-N2")
    box.run(ghc, "-v0", "-e", "main", source, seconds=300)
