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
    [TestCase("struct B { int a; char c; };\nstruct P : B { char d; int b; };", "P 16/4: int A@0, sbyte C@4, sbyte D@8, int B@12")]
    [TestCase("struct A { double d; int i; };\nstruct B : public A { int j; };\nstruct P final : B { int k; };", "P 24/8: double D@0, int I@8, int J@16, int K@20")]
    [TestCase("struct B { B(int x) : a(x) {} double d; int a; };\nstruct P : B { int b; };", "P 16/8: double D@0, int A@8, int B@12")]
    [TestCase("struct E { float f() { return 1; } };\nstruct B : E { int a; };\nstruct C { int c; };\nstruct P : B, C { int b; };", "P 12/4: int A@0, int C@4, int B@8")]
    [TestCase("struct P { int tag; union { int i; float f; struct { short lo, hi; } half; }; char end; };", "P::unnamed$1::unnamed$half 4/2: short Lo@0, short Hi@2 | P 12/4: int Tag@0, int I@4, float F@4, Types._1Half Half@4, sbyte End@8")]
    [TestCase("struct P { int a; struct { char c; double d; } b[2]; struct { short s; } e; };", "P::unnamed$b 16/8: sbyte C@0, double D@8 | P::unnamed$e 2/2: short S@0 | P 48/8: int A@0, Types.PB[2] B@8, Types.PE E@40")]
    [TestCase("struct P { unsigned a : 3, b : 5; int c : 30, : 0; unsigned char d : 1; bool e : 1; };", "P 12/4: uint A@0.0:3, uint B@0.3:5, int C@4.0:30, byte D@8.0:1, bool E@8.1:1")]
    [TestCase("struct P { char c; int b : 8; unsigned short : 5; unsigned long long x : 40; };", "P 8/8: sbyte C@0, int B@0.8:8, ulong X@0.21:40")]
    [TestCase("enum class M : unsigned char { A, B };\nconstexpr int W = 2;\nstruct P { M m : W + 1; unsigned rest : 13; };", "M : byte A=0 B=1 | P 4/4: Types.M M@0.0:3, uint Rest@0.3:13")]
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
    [TestCase("struct P { unsigned a : N; };", "a bit field 'a' whose width, N, is not known")]
    [TestCase("struct P { unsigned a : 33; };", "a bit field 'a' whose width, 33, is not known")]
    [TestCase("struct P { unsigned a : 3, b; };", "bit fields beside other members in one declaration")]
    [TestCase("enum M { A, B };\nstruct P { M m : 2; };", "an enumeration whose numbers have a sign, M")]
    [TestCase("class P { int a; };", "private members")]
    [TestCase("struct B { int a; };\nstruct P : private B { int b; };", "a base that is not public, B")]
    [TestCase("struct B { int a; };\nstruct P : virtual B { int b; };", "a virtual base, B")]
    [TestCase("template <class T> struct B { T a; };\nstruct P : B<int> { int b; };", "derives from an instance of a template, B<int>")]
    [TestCase("struct P : Elsewhere { int b; };", "derives from Elsewhere, which is declared nowhere")]
    [TestCase("struct B { int& a; };\nstruct P : B { int b; };", "derives from B, which has a reference")]
    [TestCase("struct B { double d; int a = 1; };\nstruct P : B { int b; };", "derives from B, behind whose members is padding")]
    [TestCase("struct B { int a; };\nstruct A : B { };\nstruct C : B { };\nstruct P : A, C { int b; };", "derives from a struct twice")]
    [TestCase("struct B { int a; };\nstruct P : B { int a; };", "has the member 'a' twice")]
    [TestCase("struct P : P { int b; };", "has itself")]
    [TestCase("struct E { };\nstruct A : E { int a; };\nstruct P : E { A a; };", "a member 'a' of a struct that it derives from too")]
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
    [TestCase("struct P { struct { int& a; } b; };", "a struct without a name, which has a reference")]
    [TestCase("struct P { union { int& a; }; };", "a struct without a name, which has a reference")]
    [TestCase("struct P { int a; struct { short low, high; }; };", "neither its own name nor a member's names")]
    [TestCase("struct P { enum { A, B } b; };", "whose type has no name")]
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
        var fields = ((DeviceStruct)type).Fields.Select(f => $"{Short(f.CSharp)}{(f.Count > 0 ? $"[{f.Count}]" : "")} {CSharpNames.Pascal(f.Name)}@{f.Offset}{(f.Bits is { } bits ? $".{bits.First}:{bits.Width}" : "")}");
        return $"{type.Name} {type.Size}/{type.Alignment}: {string.Join(", ", fields)}";
    }
}
