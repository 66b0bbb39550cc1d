using Fusion.Compiler.Launchers;

namespace Fusion.Compiler.Tests.Launchers;

internal sealed class StructsOfASource : LauncherTest
{
    [TestCase("struct P { float x; int n; };", "P 8/4: float X@0, int N@4")]
    [TestCase("struct P { char c; double d; short s; };", "P 24/8: sbyte C@0, double D@8, short S@16")]
    [TestCase("struct P { float3 p; float w; float2 q; half h; };", "P 32/8: Numerics.Vector3 P@0, float W@12, Numerics.Vector2 Q@16, Half H@24")]
    [TestCase("struct P { uchar4 c; int4 i; dim3 g; half2 h; };", "P 48/16: DeviceVector4<byte> C@0, DeviceVector4<int> I@16, DeviceVector3<uint> G@32, DeviceVector2<Half> H@44")]
    [TestCase("struct P { float *data; const void* other; size_t n; };", "P 24/8: Pointer<float> Data@0, Pointer<byte> Other@8, ulong N@16")]
    [TestCase("#define N 4\nstruct P { float m[N][N + 1]; char c[3]; };", "P 84/4: float[20] M@0, sbyte[3] C@80")]
    [TestCase("constexpr int kSize = 1 << 3;\nstruct P { int a[kSize / 2], b; };", "P 20/4: int[4] A@0, int B@16")]
    [TestCase("struct alignas(32) P { float x; alignas(16) int y; };", "P 32/32: float X@0, int Y@16")]
    [TestCase("struct __align__(16) P { float x; };", "P 16/16: float X@0")]
    [TestCase("struct Q { char c; int i; };\nstruct P { char c; Q q[2]; Q* next; };", "Q 8/4: sbyte C@0, int I@4 | P 32/8: sbyte C@0, Types.Q[2] Q@4, Pointer<Types.Q> Next@24")]
    [TestCase("struct P { struct In { int a; } in; float f; };", "P::In 4/4: int A@0 | P 8/4: Types.In In@0, float F@4")]
    [TestCase("typedef struct { int a; } P;", "P 4/4: int A@0")]
    [TestCase("typedef struct P_ { int a; } P;", "P_ 4/4: int A@0")]
    [TestCase("using Count = unsigned long long;\ntypedef float* Floats;\nstruct P { Count n; Floats f; };", "P 16/8: ulong N@0, Pointer<float> F@8")]
    [TestCase("struct P { P* next; int v; };", "P 16/8: Pointer<byte> Next@0, int V@8")]
    [TestCase("union P { int i; float f; double d; };", "P 8/8: int I@0, float F@0, double D@0")]
    [TestCase("struct P { int a = 3; static const int K = 2; float f() const { return a; } __device__ P operator+(P o) { return o; } P() {} int b[K]; };", "P 12/4: int A@0, int[2] B@4")]
    [TestCase("enum Mode { Off, On = 4, Auto };\nstruct P { Mode m; bool b; };", "Mode : int Off=0 On=4 Auto=5 | P 8/4: Types.Mode M@0, bool B@4")]
    [TestCase("enum class Mode : unsigned char { A, B };\nstruct P { Mode m; };", "Mode : byte A=0 B=1 | P 1/1: Types.Mode M@0")]
    public void HaveTheLayoutOfTheDevice(string source, string expected)
    {
        Assert.That(Signatures(source + "\n__global__ void k(P p) {}"), Does.StartWith("k(Types.P"));
        Assert.That(string.Join(" | ", TypeNames.All.Select(Describe)), Is.EqualTo(expected));
        Assert.That(Warnings, Is.Empty);
    }

    [TestCase("namespace my { struct P { int a; }; __global__ void k(P p, const P* q, P** r) {} }", "my::k(Types.P p, Pointer<Types.P> q, Pointer<Pointer<Types.P>> r)")]
    [TestCase("namespace my { struct P { int a; }; }\n__global__ void k(const __grid_constant__ my::P p) {}", "k(Types.P p)")]
    [TestCase("struct P { int a; };\n__global__ void k(struct P p) {}", "k(Types.P p)")]
    [TestCase("enum Mode { A, B };\n__global__ void k(Mode m, Mode* all) {}", "k(Types.Mode m, Pointer<Types.Mode> all)")]
    [TestCase("typedef unsigned long long Count;\n__global__ void k(Count n, Count* all) {}", "k(ulong n, Pointer<ulong> all)")]
    [TestCase("#ifndef __CUDACC_RTC__\n#include <vector>\n#endif\nstruct P { int a; };\n__global__ void k(P p) {}", "k(Types.P p)")]
    public void AreTypesOfParameters(string source, string expected)
    {
        Assert.That(Signatures(source), Is.EqualTo(expected));
        Assert.That(Warnings, Is.Empty);
    }

    [Test]
    public void AreThoseOfHeadersToo()
    {
        Headers.Add("#ifndef P_H\n#define P_H\nnamespace my { struct P { float x, y; }; }\n#endif\n");

        Assert.That(Signatures("#include \"p.h\"\n__global__ void k(my::P p) {}"), Is.EqualTo("k(Types.P p)"));
    }

    [TestCase("struct P { virtual int f(); int a; };", "virtual functions")]
    [TestCase("struct P { int& a; };", "a reference")]
    [TestCase("struct P { unsigned a : 3; };", "bit fields")]
    [TestCase("class P { int a; };", "private members")]
    [TestCase("struct B { int a; };\nstruct P : B { int b; };", "derives from another one")]
    [TestCase("template <class T> struct P { T a; };", "is a template")]
    [TestCase("struct P {\n#ifdef X\nint a;\n#endif\nint b; };", "an #if in it")]
    [TestCase("#ifdef X\nstruct P { int a; };\n#endif", "between an #if and its end")]
    [TestCase("#pragma pack(push, 1)\nstruct P { char a; int b; };\n#pragma pack(pop)", "a #pragma pack")]
    [TestCase("struct P { char a; int b; } __attribute__((packed));", "an __attribute__")]
    [TestCase("struct P { Other a; };", "'a' of the type Other")]
    [TestCase("struct P { int a[SIZE]; };", "whose size, SIZE, is not known")]
    [TestCase("struct P { int a[-1]; };", "whose size, - 1, is not known")]
    [TestCase("struct P { P a; };", "has itself as a member")]
    [TestCase("struct P { int (*f)(int); };", "a pointer to a function")]
    [TestCase("struct P { struct { int a; } b; };", "whose type has no name")]
    [TestCase("struct P { };", "has no members")]
    [TestCase("struct P { int a; };\nstruct P { float a; };", "declared several times")]
    [TestCase("enum P { A = sizeof(int) };", "a value 'A' that is not known")]
    public void ThatCSharpCannotHaveAreOneWarningWithTheReason(string source, string why)
    {
        Assert.That(Signatures(source + "\n__global__ void k(P p) {}\n__global__ void l(P p, const P* q) {}"), Is.EqualTo("k(? p); l(? p, ? q)"));
        Assert.That(Warnings.Select(w => w.Code), Is.EqualTo(new[] { "FUSION1601" }));
        Assert.That(Warnings[0].Message, Does.Contain(why));
    }

    private static string Describe(DeviceType type)
    {
        if (type is DeviceEnum numbers) return $"{type.Name} : {numbers.Underlying} {string.Join(' ', numbers.Values.Select(v => $"{v.Name}={v.Value}"))}";
        var fields = ((DeviceStruct)type).Fields.Select(f => $"{Short(f.CSharp)}{(f.Count > 0 ? $"[{f.Count}]" : "")} {CSharpNames.Pascal(f.Name)}@{f.Offset}");
        return $"{type.Name} {type.Size}/{type.Alignment}: {string.Join(", ", fields)}";
    }
}
