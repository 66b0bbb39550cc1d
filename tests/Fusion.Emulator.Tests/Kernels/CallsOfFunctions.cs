using Fusion.Emulation.Tests.Support;

namespace Fusion.Emulation.Tests.Kernels;

/// <summary>Functions that call themselves, and functions that are called through pointers.</summary>
public sealed class CallsOfFunctions
{
    private const string Source = """
        __device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
        extern "C" __global__ void recursive(int* to) { to[threadIdx.x] = fibonacci(threadIdx.x % 13); }

        // Each call hands a pointer to an array of its own down.
        __device__ __noinline__ int sum_down(const int* above, int depth) {
          int own[4];
          for (int i = 0; i < 4; i++) own[i] = (above ? above[(i + depth) & 3] : i) * 3 + depth;
          if (depth == 0) return own[threadIdx.x & 3];
          const int below = sum_down(own, depth - 1);
          return below + own[(threadIdx.x + depth) & 3];
        }
        extern "C" __global__ void with_arrays(int* to) { to[threadIdx.x] = sum_down(nullptr, threadIdx.x % 7); }

        __device__ bool is_odd(unsigned n);
        __device__ __noinline__ bool is_even(unsigned n) { return n == 0 ? true : is_odd(n - 1); }
        __device__ __noinline__ bool is_odd(unsigned n) { return n == 0 ? false : is_even(n - 1); }
        extern "C" __global__ void mutual(int* to) { to[threadIdx.x] = is_even(threadIdx.x) ? 2 : is_odd(threadIdx.x) ? 1 : 0; }

        struct Shape {
          __device__ virtual int area(int scale) const = 0;
        };
        struct Square : Shape {
          int side;
          __device__ Square(int s) : side(s) {}
          __device__ int area(int scale) const override { return side * side * scale; }
        };
        struct Bar : Shape {
          int length;
          __device__ Bar(int l) : length(l) {}
          __device__ int area(int scale) const override { return length * scale + 1; }
        };
        __device__ __noinline__ int twice(const Shape* shape, int scale) { return 2 * shape->area(scale); }
        extern "C" __global__ void virtuals(int* to) {
          Square square(threadIdx.x);
          Bar bar(threadIdx.x + 100);
          const Shape* shape = threadIdx.x % 3 == 0 ? (const Shape*)&square : &bar;
          to[threadIdx.x] = twice(shape, 1 + threadIdx.x % 2);
        }

        typedef int (*Operation)(int, int);
        __device__ __noinline__ int add(int a, int b) { return a + b; }
        __device__ __noinline__ int subtract(int a, int b) { return a - b; }
        __device__ __noinline__ int power(int a, int b) { return b == 0 ? 1 : a * power(a, b - 1); }
        __device__ Operation operations[] = {add, subtract, power};
        extern "C" __global__ void pointers(const int* which, int* to) { to[threadIdx.x] = operations[which[threadIdx.x]](threadIdx.x % 5, 3); }
        extern "C" __global__ void wrong_pointer(unsigned long long address, int* to) { to[threadIdx.x] = ((Operation)address)(1, 2); }

        __device__ __noinline__ int endless(int n) {
          volatile int own[20];
          own[n & 7] = n;
          return n < 0 ? 0 : endless(n + 1) + own[n & 7];
        }
        extern "C" __global__ void overflows(int* to) { to[threadIdx.x] = endless(threadIdx.x); }
        """;

    [Test]
    public void OfThemselvesComeBackWithTheirOwnValues([Values("recursive", "with_arrays", "mutual")] string kernel, [Values(null, 3)] int? seed)
    {
        using var gpu = TestGpu.Of(Source, new() { Seed = seed });
        var to = gpu.Unwritten<int>(80);

        gpu.Run(kernel, 1, 80, to);

        Assert.That(TestGpu.Read(to), Is.EqualTo(Enumerable.Range(0, 80).Select(t => kernel switch
        {
            "recursive" => Fibonacci(t % 13),
            "with_arrays" => SumDown(null, t % 7, t),
            _ => t % 2 == 0 ? 2 : 1,
        })));
    }

    [Test]
    public void ThatAreVirtualAreThoseOfTheObject()
    {
        Assert.That(CudaSource.ToPtx(Source), Does.Contain(".callprototype"), "the compiler found out which functions are meant");
        using var gpu = TestGpu.Of(Source);
        var to = gpu.Unwritten<int>(64);

        gpu.Run("virtuals", 1, 64, to);

        Assert.That(TestGpu.Read(to), Is.EqualTo(Enumerable.Range(0, 64).Select(t => 2 * (t % 3 == 0 ? t * t * (1 + (t % 2)) : ((t + 100) * (1 + (t % 2))) + 1))));
    }

    [Test]
    public void ThroughPointersAreThoseThatEachThreadChooses()
    {
        using var gpu = TestGpu.Of(Source);
        int[] which = [.. Enumerable.Range(0, 64).Select(t => t * t % 3)];
        var to = gpu.Unwritten<int>(64);

        gpu.Run("pointers", 1, 64, gpu.Buffer(which), to);

        Assert.That(TestGpu.Read(to), Is.EqualTo(which.Select((one, t) => one switch { 0 => (t % 5) + 3, 1 => (t % 5) - 3, _ => (t % 5) * (t % 5) * (t % 5) })));
    }

    [Test]
    public void ThroughAWrongPointerAreAMistake()
    {
        using var gpu = TestGpu.Of(Source);

        var fault = gpu.Fail("wrong_pointer", 1, 1, 0x1234L, gpu.Buffer(0));

        Assert.That((fault.Kind, fault.Address), Is.EqualTo((FaultKind.IllegalInstruction, 0x1234UL)));
        Assert.That(fault.Message, Does.Contain("points to no function"));
    }

    [Test]
    public void ThatNeverEndAreAMistake()
    {
        using var gpu = TestGpu.Of(Source);

        var fault = gpu.Fail("overflows", 1, 1, gpu.Buffer(0));

        Assert.That(fault.Kind, Is.EqualTo(FaultKind.OutOfBounds));
        Assert.That(fault.Message, Does.Match(@"the stack of 16384 bytes is full after \d+ calls"));
    }

    private static int Fibonacci(int n) => n < 2 ? n : Fibonacci(n - 1) + Fibonacci(n - 2);

    private static int SumDown(int[]? above, int depth, int thread)
    {
        int[] own = [.. Enumerable.Range(0, 4).Select(i => ((above is null ? i : above[(i + depth) & 3]) * 3) + depth)];
        return depth == 0 ? own[thread & 3] : SumDown(own, depth - 1, thread) + own[(thread + depth) & 3];
    }
}
