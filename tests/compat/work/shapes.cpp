// SPDX-License-Identifier: Apache-2.0
// Work for the gcc and clang scenarios: templates, exceptions, threads, streams and locales to
// compile, and a program that loads libgcc_s for unwinding.
#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Shape {
  virtual ~Shape() = default;
  [[nodiscard]] virtual double area() const = 0;
};

struct Square : Shape {
  explicit Square(double side) : side_(side) {}
  [[nodiscard]] double area() const override { return side_ * side_; }

private:
  double side_;
};

struct Rectangle : Shape {
  Rectangle(double width, double height) : width_(width), height_(height) {}
  [[nodiscard]] double area() const override { return width_ * height_; }

private:
  double width_;
  double height_;
};

double total_area() {
  std::vector<std::unique_ptr<Shape>> shapes;
  for (int number = 1; number <= 100; ++number) {
    shapes.push_back(std::make_unique<Square>(number));
    shapes.push_back(std::make_unique<Rectangle>(number, 2));
  }
  return std::accumulate(shapes.begin(), shapes.end(), 0.0,
                         [](double sum, const auto& shape) { return sum + shape->area(); });
}

int throw_through_threads() {
  std::atomic<int> caught = 0;
  std::vector<std::future<void>> parts;
  for (int part = 0; part < 8; ++part)
    parts.push_back(std::async(std::launch::async, [part] {
      if (part % 2 == 0)
        throw std::runtime_error("part " + std::to_string(part));
    }));
  for (auto& part : parts) {
    try {
      part.get();
    } catch (const std::exception&) {
      ++caught;
    }
  }
  return caught;
}

std::size_t count_words(const std::string& text) {
  static const std::regex word("[a-z]+");
  return static_cast<std::size_t>(
      std::distance(std::sregex_iterator(text.begin(), text.end(), word), std::sregex_iterator()));
}

} // namespace

int main() {
  std::mt19937 random(42);
  std::map<unsigned, int> counts;
  for (int round = 0; round < 100000; ++round)
    ++counts[static_cast<unsigned>(random()) % 10];
  std::cout << "area " << total_area() << '\n';
  std::cout << "caught " << throw_through_threads() << '\n';
  std::cout << "words " << count_words("the quick brown fox 42 jumps") << '\n';
  std::cout << "random " << counts[7] << '\n';
}
