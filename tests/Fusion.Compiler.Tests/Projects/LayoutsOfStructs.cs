using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

/// <summary>The layouts that C# gets are those of the compiler that makes the images.</summary>
[TestFixture("12.4")]
[TestFixture("11.8", Category = "Nightly")]
public sealed class LayoutsOfStructs(string nvrtc) : NvrtcFixture(nvrtc)
{
    private const string Kernel = "\n__global__ void k(P p, int* out) { out[0] = sizeof(p); }\n";

    [Test]
    public void AreThoseOfTheDevice()
    {
        Project.Request.ChecksLaunchers = true;
        Project.Add("k.cu", """
            enum Big : unsigned { Most = 0xffffffffu };
            enum Mode { Off, On = 4, Auto };
            enum class Kind : unsigned char { A, B = 200 };
            enum Sign { Minus = -1, Plus };
            typedef struct { float m[3][4]; char tail; } Matrix;
            namespace my {
            constexpr int kCount = 3;
            union Bits { float f; unsigned u; unsigned char b[7]; };
            struct Inner { char c; double d; };
            namespace {
            struct Hidden { short s; };
            }
            struct alignas(64) P {
              bool b; char2 c2; uchar3 c3; short4 s4; ushort3 s3; int3 i3; uint4 u4; float2 f2; float3 f3; float4 f4; double2 d2; double3 d3; double4 d4;
              long2 l2; longlong4 l4; ulong3 ul3; dim3 grid; float1 f1; Big big; long l; unsigned long ul; cudaTextureObject_t image;
              Mode mode; Kind kind; Sign sign; Matrix matrix; Bits bits; Inner inner[kCount]; Hidden hidden; P* next; const float* data; void** more;
              alignas(64) int last = 1, rest[kCount * 2];
              struct In { int a; } in;
              union { float whole; struct { unsigned short low, high; } half; };
              struct { char c; struct { double d; } deep; } unnamed[2][3];
              unsigned low : 3, : 7, high : 22; bool yes : 1; Kind kind2 : 8; long long far : 33;
              __device__ P() {}
              __device__ float sum() const { return f2.x; }
            };
            __global__ void k(const __grid_constant__ P p, int* out) { out[0] = p.last; }
            }
            """);

        Project.Run().MustSucceed();
    }

    [Test]
    public void AreThoseOfTheDeviceWhereStructsDerive()
    {
        Project.Request.ChecksLaunchers = true;
        Project.Add("k.cu", """
            namespace my {
            struct Empty { __device__ float f() const { return 1; } };
            struct Plain { double d; int i; };
            struct Made { __device__ Made() {} double d2; int i2; struct { char c; } inner; };
            struct Middle : public Plain { int j; };
            struct Half { __device__ explicit Half(float x) : x(x) {} float x; char tag; };
            }
            struct P : my::Empty, my::Middle, my::Made, my::Half { char k; int own; union { int u; float v; }; unsigned bits : 4; };
            struct Q : P { char last; P* next; };
            __global__ void k(const __grid_constant__ P p, const Q* q, int* out) { out[0] = p.k + q->last; }
            """);

        Project.Run().MustSucceed();
        Assert.That(Project.Run().MustSucceed().Warnings, Is.Empty);
    }

    [TestCase("struct P { float x; int n; };")]
    [TestCase("struct B { float x; };\nstruct P : B { int n; };")]
    [TestCase("struct P { union { float x; short s; }; int n; };")]
    public void AreAnErrorWhereTheyAreMisread(string declaration)
    {
        Project.Request.ChecksLaunchers = true;
        var source = Project.Add("k.cu", "#define float double\n" + declaration + Kernel).Source;

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File), Is.EqualTo(("FUSION1609", source)));
        Assert.That(error.Message, Does.Contain("The type P has").And.Contain("8 bytes, aligned to 4").And.Contain("'n' with 4 bytes at 4"));
    }

    [Test]
    public void AreTheProjectsOwnConcernWhereItMapsTheType()
    {
        Project.Request.ChecksLaunchers = true;
        Project.Request.MappedTypes.Add("P");
        Project.Add("k.cu", "#define float double\nstruct P { float x; int n; };" + Kernel);

        Project.Run().MustSucceed();
    }

    [Test]
    public void LeaveTheImagesAsTheyAre()
    {
        Project.Add("k.cu", "struct P { float x; int n; };" + Kernel);
        Project.Run().MustSucceed();
        var before = Project.Files.Where(file => file.EndsWith(".cubin", StringComparison.Ordinal)).ToDictionary(file => file, file => File.ReadAllBytes(Path.Combine(Project.Images, file)));
        Project.Request.ChecksLaunchers = true;
        Project.Run().MustSucceed();

        Assert.That(before, Has.Count.EqualTo(1));
        foreach (var (file, bytes) in before) Assert.That(File.ReadAllBytes(Path.Combine(Project.Images, file)), Is.EqualTo(bytes), file);
    }
}
